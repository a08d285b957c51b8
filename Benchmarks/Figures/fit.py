"""What the programs beside this folder compute of figures, so that all of them mean the same by it."""
import math


def median(values):
    """The lower of two in the middle, as the benchmarks' own medians are."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2]


def line_through(points):
    """(exponent, factor) of factor · x^exponent through the points: the least squares of their logarithms."""
    logarithms = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if len({x for x, _ in logarithms}) < 2:
        return None
    x_mean, y_mean = (sum(column) / len(logarithms) for column in zip(*logarithms))
    exponent = (sum((x - x_mean) * (y - y_mean) for x, y in logarithms) / sum((x - x_mean) ** 2 for x, _ in logarithms))
    return exponent, math.exp(y_mean - exponent * x_mean)
