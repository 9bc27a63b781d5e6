"""Double descent: small problems from any data, closed forms and batched networks that grow curves
point by point, and the sentence that says what a curve shows. Knows no page, no file, no thread.
"""
