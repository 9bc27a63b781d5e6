"""What the Double descent page explains before a study has points."""

from core.advice.study_verdict import Over

EXPECT: dict[Over, str] = {
    "width": "**Left of the threshold** a model is too small to fit all training samples. A larger "
    "one is better at first, then it begins to fit the noise.\n\n"
    "**At the threshold** it can only just fit every sample, with large weights: the test error "
    "peaks. With random features this is at N = n, as many features as samples. A network can fit "
    "roughly from P = n parameters on, with squared loss from P = n·K, one parameter for each "
    "target value.\n\n"
    "**Right of the threshold** many solutions fit, and training finds one with small weights: the "
    "test error falls a second time.\n\n"
    "The dotted line is a sketch. Start measures the curve.",
    "steps": "**Early** the model learns what most samples share: the test error falls.\n\n"
    "**Later** it begins to fit wrong labels, and the test error rises.\n\n"
    "**At last** it fits all training samples, and the test error may fall a second time.\n\n"
    "The dotted line is a sketch. Start measures the curve.",
    "samples": "**Few samples** are easy to fit, and more of them help.\n\n"
    "**At the threshold** the model can only just fit all samples: more samples can raise the test "
    "error.\n\n"
    "**Many samples** cannot all be fitted, noise included: the test error falls again.\n\n"
    "The dotted line is a sketch. Start measures the curve.",
}
SEEDS = (
    "The draft is trained once for each seed, and for each value of the setting where one is "
    "varied. Every result becomes a point, with the mean and the standard deviation of each value."
    "\n\n**Values are ranked on the validation set.** The test set shows once, at the end, what "
    "the best value reaches."
)
