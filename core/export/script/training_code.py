"""The code of a training in a script, with conditions for `fill`. The order of a step is that of
`Training.take_step`.
"""

BATCH = '''
    def batch(rows):
        """Return the inputs (B, …) and targets (B,) of these training rows."""
        return scaled(train_inputs[rows]), train_targets[rows]
'''

STEP = '''
    def compute_gradient(x, y):  #? not accumulates
    def add_gradient(x, y, fraction):  #? accumulates
        """Compute the gradient of the loss of a mini-batch; return the loss."""  #? not penalty
        """Compute the gradient of the loss and the penalties; return both."""  #? penalty
        optimizer.zero_grad()  #? not accumulates
        with ExitStack() as stack:  # penalties on activations collect their outputs  #? watching
            for transform in transforms:  #? watching
                stack.enter_context(transform.watching())  #? watching
            outputs = model(x)  #? watching
        outputs = model(x)  #? not watching
        loss = $loss(outputs, y)
        total = loss  #? penalty
        for transform in transforms:  #? penalty
            penalty = transform.penalty()  #? penalty and not partial
            penalty = transform.penalty(lambda parts: partial_losses(outputs, y, parts))  #? partial
            if penalty is not None:  #? penalty
                total = total + penalty  #? penalty
        total.backward()  #? penalty and not accumulates
        return loss, total  #? penalty and not accumulates
        loss.backward()  #? not penalty and not accumulates
        return loss  #? not penalty and not accumulates
        (fraction * total).backward()  #? penalty and accumulates
        return fraction * loss.detach(), fraction * total.detach()  #? penalty and accumulates
        (fraction * loss).backward()  #? not penalty and accumulates
        return fraction * loss.detach()  #? not penalty and accumulates
'''

ACCUMULATION = '''
    def compute_gradient(x, y):
        """Add the gradients of the parts of a mini-batch; each has at least 2 samples."""
        optimizer.zero_grad()
        count = max(1, min(accumulation, len(x) // 2))
        edges = [len(x) * k // count for k in range(count + 1)]
        results = []
        for start, end in pairwise(edges):
            part = y[start:end]  #? not mixes
            is_mixed = isinstance(y, tuple)  #? sometimes
            part = tuple(each[start:end] for each in y) if is_mixed else y[start:end]  #? sometimes
            part = tuple(each[start:end] for each in y)  #? always
            results.append(add_gradient(x[start:end], part, (end - start) / len(x)))
        return sum(results)  #? not penalty
        losses, totals = zip(*results, strict=True)  #? penalty
        return sum(losses), sum(totals)  #? penalty
'''

MIXED_LOSS = '''
    def mixed_loss(outputs, targets):
        """Return λ·L(first) + (1 − λ)·L(second), with λ the fraction of the first."""  #? classes
        """Return the mean loss of the mixed values."""  #? not classes
        if not isinstance(targets, tuple):  # of a part without mixing  #? sometimes
            return criterion(outputs, targets)  #? sometimes
        first, second, fraction = targets
        losses = sample_loss(outputs, first), sample_loss(outputs, second)  #? classes
        return (fraction * losses[0] + (1 - fraction) * losses[1]).mean()  #? classes
        mixed = fraction * first + (1 - fraction) * second  #? not classes
        return sample_loss(outputs, mixed).mean()  #? not classes
'''

PARTIAL_LOSSES = '''
    def partial_losses(outputs, y, parts):
        """Return the mean losses of this many parts of a mini-batch, at most one per sample."""
        samples = torch.arange(len(outputs), device=device)
        pieces = samples.tensor_split(min(parts, len(outputs)))
        return [$loss(outputs[rows], y[rows]) for rows in pieces]  #? not mixes
        chosen = [y[rows] for rows in pieces]  #? sometimes
        if isinstance(y, tuple):  #? sometimes
            chosen = [tuple(target[rows] for target in y) for rows in pieces]  #? sometimes
        chosen = [tuple(target[rows] for target in y) for rows in pieces]  #? always
        pairs = zip(pieces, chosen, strict=True)  #? mixes
        return [$loss(outputs[rows], targets) for rows, targets in pairs]  #? mixes
'''

EVALUATE = '''
    @torch.inference_mode()
    def evaluate(inputs, targets):
        """Return the mean loss and the accuracy, without dropout."""  #? classes
        """Return the mean loss and R², the explained fraction of the variance."""  #? not classes
        model.eval()
        loss_sum = score_sum = 0.0
        for rows in torch.arange(len(targets), device=device).split($size):
            outputs, y = model(scaled(inputs[rows])), targets[rows]
            loss_sum += criterion(outputs, y).item() * len(y)
            score_sum += (outputs.argmax(1) == y).sum().item()  #? classes
            score_sum += (1 - (outputs[:, 0] - y).square()).sum().item()  #? not classes
        model.train()
        return {"loss": loss_sum / len(targets), "$score": score_sum / len(targets)}
'''

GRADIENT_NORM = '''
    def full_gradient_norm():
        """Return the norm of the gradient of the loss over the training set, without dropout."""
        model.eval()
        weights = [p for p in model.parameters() if p.requires_grad]
        total = [torch.zeros_like(p) for p in weights]
        for rows in torch.arange(len(train_targets), device=device).split($size):
            loss = criterion(model(scaled(train_inputs[rows])), train_targets[rows])
            fraction = len(rows) / len(train_targets)
            torch._foreach_add_(total, torch.autograd.grad(fraction * loss, weights))
        model.train()
        return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(total))).item()
'''

AVERAGED = '''
    @contextmanager
    def averaged():
        """Give the model averaged weights while it is evaluated, if there are some."""
        averages = [t for t in transforms if t.average() is not None]  #? by_transform
        averages = []  #? not by_transform
        own = getattr(optimizer, "average", None)  #? by_optimizer
        averages += [optimizer] * bool(own and own())  #? by_optimizer
        if not averages:
            yield
            return
        last = copy.deepcopy(model.state_dict())
        model.load_state_dict(averages[-1].average())
        if averages[-1].recompute_statistics:  #? statistics
            inputs = (scaled(x) for x in train_inputs.split(batch_size))  #? statistics
            recompute_statistics(model, inputs)  #? statistics
        try:
            yield
        finally:
            model.load_state_dict(last)
'''

LOOP = '''
    EPOCHS = $epochs
    LAST_EPOCH = $last_epoch  # of the run  #? changes
    changes = {$functions}  # by the step, from 0, before which they act  #? changes
    epoch_steps = math.ceil(len(train_targets) / batch_size)
    steps = EPOCHS * epoch_steps  #? not changes
    losses = []  # of every step, without penalties
    history = []  # of every epoch


    def change_settings():  #? changes
        """Make the change of settings that is due before the next step, if any."""  #? changes
        if change := changes.pop(len(losses), None):  #? changes
            change()  #? changes


    def fit():
        """Train to the end. Return the weights of the best epoch on the validation set, if any."""
        best_loss, best_weights = math.inf, None
        factor = 1.0  #? reacts
        began = time.monotonic()  #? timed
        for epoch in range(1, EPOCHS + 1):  #? not changes
        for epoch in range(1, LAST_EPOCH + 1):  #? changes
            loss_sum = 0.0
            change_settings()  #? changes
            epoch_start = len(losses)  #? changes
            begin_epoch(epoch - 1)  #? unfreezes
            for rows in sampler.order(order).to(device).split(batch_size):
                change_settings()  #? changes
                x, y = batch(rows)
                loss = compute_gradient(x, y)  #? not penalty
                loss, _ = compute_gradient(x, y)  #? penalty
                for transform in transforms:  #? again
                    transform.recompute_gradient(partial(compute_gradient, x, y))  #? again
                step = len(losses)  # from 0
                rate = $rate
                rate = rate * factor  #? reacts
                for group in optimizer.param_groups:  #? not ratios
                    group["lr"] = rate  #? not ratios
                for group, ratio in zip(optimizer.param_groups, ratios, strict=True):  #? ratios
                    group["lr"] = rate * ratio  #? ratios
                for transform in transforms:  #? before_step
                    transform.before_step(rate)  #? before_step
                optimizer.step()  #? never_closure
                again = partial(compute_gradient, x, y)  #? mixed_closure
                total = (lambda gradient=again: gradient()[1])  #? mixed_closure and penalty
                total = again  #? mixed_closure and not penalty
                is_repeated = isinstance(optimizer, $closure_class)  #? mixed_closure
                optimizer.step(total if is_repeated else None)  #? mixed_closure
                optimizer.step(partial(compute_gradient, x, y))  #? closure and not penalty
                optimizer.step(lambda: compute_gradient(x, y)[1])  #? closure and penalty
                for transform in transforms:  #? after_step
                    transform.after_step()  #? after_step
                losses.append(loss.item())
                loss_sum += losses[-1] * len(rows)
                if not math.isfinite(losses[-1]):
                    print(f"Diverged at step {len(losses)}.")
                    return best_weights
                if len(losses) == $stopped_after:  # where the run was stopped  #? stopped_after
                    return best_weights  #? stopped_after
                if not in_time(time.monotonic() - began):  #? timed
                    print("The time limit ended the training.")  #? timed
                    return best_weights  #? timed
            train_loss = loss_sum / len(train_targets)
            record = SimpleNamespace(epoch=epoch, train={"loss": train_loss}, validation=None)
            history.append(record)
            for transform in transforms:  #? after_epoch
                transform.after_epoch(epoch / EPOCHS)  #? after_epoch
            record.validation = evaluate(*validation_set)  #? validation and not average
            with averaged():  #? validation and average
                record.validation = evaluate(*validation_set)  #? validation and average
                weights = copy.deepcopy(model.state_dict())  #? validation and average
            if record.validation["loss"] < best_loss:  #? validation
                best_loss = record.validation["loss"]  #? validation
                best_weights = copy.deepcopy(model.state_dict())  #? validation and not average
                best_weights = weights  #? validation and average
            record.gradient = full_gradient_norm()  #? gradient
            factor = plateau_factor([past.validation["loss"] for past in history])  #? reacts
            print(f"Epoch {epoch}: loss {train_loss:.4f}")  #? not validation
            scores = ", ".join(f"{k} {v:.4f}" for k, v in record.validation.items())  #? validation
            print(f"Epoch {epoch}: loss {train_loss:.4f}; validation {scores}")  #? validation
            $rules
        return best_weights


    best_weights = fit()
'''

RULE = """
    if list($name($recent))[-1]:
        print("$label ended the training.")
        return best_weights
"""

RESULT = """
    # The weights of the best epoch on the validation set count, otherwise the last ones.
    if best_weights is None:  #? average
        with averaged():  #? average
            best_weights = copy.deepcopy(model.state_dict())  #? average
    if best_weights is not None:
        model.load_state_dict(best_weights)
    result = evaluate($part)
    print("$name set:", ", ".join(f"{k} {v:.4f}" for k, v in result.items()))
"""
