# SPDX-License-Identifier: Apache-2.0
"""Pictures of figures, as SVG: groups of bars over an axis of powers of ten."""

import html
import math

COLOURS = ('#1b6ca8', '#9db4c0', '#d1495b', '#edae49')
WIDTH, HEIGHT = 760, 330
LEFT, RIGHT, TOP, BOTTOM = 66, 14, 56, 44
TEXT = 'font-family="sans-serif" font-size="12" fill="#333"'


def tidy(value):
    """12345 as 12,345; 1.234 as 1.2."""
    return f'{value:,.0f}' if value >= 10 else f'{value:.1f}'


class Picture:
    def __init__(self, title, unit, low, high):
        """low and high are the ends of the axis: powers of ten."""
        self.low, self.high = math.log10(low), math.log10(high)
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f'<title>{html.escape(title)}</title>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{LEFT}" y="20" {TEXT} font-weight="bold">'
            f'{html.escape(title)}</text>']
        self.axis(unit)

    def height_of(self, value):
        """Where on the page a value is."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - max(0, share) * (HEIGHT - TOP - BOTTOM)

    def axis(self, unit):
        for power in range(round(self.low), round(self.high) + 1):
            y = self.height_of(10 ** power)
            self.parts.append(
                f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" '
                f'y2="{y:.1f}" stroke="#ddd"/>')
            self.parts.append(
                f'<text x="{LEFT - 6}" y="{y + 4:.1f}" {TEXT} '
                f'text-anchor="end">{10 ** power:,g}</text>')
        self.parts.append(f'<text x="{LEFT - 6}" y="{TOP - 10}" {TEXT} '
                          f'text-anchor="end">{html.escape(unit)}</text>')

    def legend(self, names):
        x = LEFT
        for name, colour in zip(names, COLOURS):
            self.parts.append(f'<rect x="{x}" y="30" width="11" height="11" '
                              f'fill="{colour}"/>')
            self.parts.append(f'<text x="{x + 15}" y="40" {TEXT}>'
                              f'{html.escape(name)}</text>')
            x += 30 + 7 * len(name)

    def bar(self, x, width, value, colour):
        y = self.height_of(value)
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
            f'height="{HEIGHT - BOTTOM - y:.1f}" fill="{colour}"/>')
        self.parts.append(
            f'<text x="{x + width / 2:.1f}" y="{y - 3:.1f}" {TEXT} '
            f'text-anchor="middle" style="font-size:9px">{tidy(value)}</text>')

    def groups(self, labels, series):
        """series: a list of values for each label, None where there is none."""
        step = (WIDTH - LEFT - RIGHT) / len(labels)
        width = min(34, step * 0.84 / len(series))
        for i, label in enumerate(labels):
            middle = LEFT + step * (i + 0.5)
            for j, values in enumerate(series):
                if values[i]:
                    self.bar(middle + (j - len(series) / 2) * width,
                             width * 0.94, values[i], COLOURS[j])
            self.parts.append(
                f'<text x="{middle:.1f}" y="{HEIGHT - BOTTOM + 18}" {TEXT} '
                f'text-anchor="middle">{html.escape(label)}</text>')

    def text(self):
        return '\n'.join(self.parts) + '\n</svg>\n'


def bars(path, title, unit, labels, series):
    """series: {name: values}. Writes the picture."""
    values = [value for row in series.values() for value in row if value]
    low = 10 ** math.floor(math.log10(min(values) * 0.9))
    high = 10 ** math.ceil(math.log10(max(values) * 1.1))
    picture = Picture(title, unit, low, high)
    picture.legend(list(series))
    picture.groups(labels, list(series.values()))
    path.write_text(picture.text())
