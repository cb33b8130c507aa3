#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""report.py DIR

Writes what the programs beside this one saved in DIR (tables.json, whole.json,
changes.json; each may be missing) into docs/performance.md, between the marks
that are there for it, and draws docs/pictures/.
"""

import json
import pathlib
import re
import sys

import draw
import tables

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / 'docs' / 'performance.md'
PICTURES = ROOT / 'docs' / 'pictures'

SIZES = {100: '100', 10000: '10,000', 100000: '100,000', 131072: '131,072',
         1000000: '1 M', 10000000: '10 M'}
KINDS = {'mixed': 'mixed', 'hosts': 'hosts'}


def load(directory, name):
    path = pathlib.Path(directory) / f'{name}.json'
    return json.loads(path.read_text()) if path.exists() else None


def table(head, rows):
    lines = ['| ' + ' | '.join(head) + ' |',
             '| --- |' + ' ---: |' * (len(head) - 1)]
    lines += ['| ' + ' | '.join(row) + ' |' for row in rows]
    return '\n'.join(lines)


def value(number, digits=0):
    if number is None:
        return '–'
    return f'{number:,.{digits}f}' if number < 100 else f'{number:,.0f}'


def name_of(result):
    kind = result['set'].rstrip('46')
    return f'{SIZES.get(result["count"], result["count"])} {kind}'


def haproxy_of(result, key):
    """None too where a difference between two processes says nothing."""
    if key != 'lookup' and result['count'] < 10000:
        return None
    return (result.get('haproxy') or {}).get(key)


# ---- tables ----


def lookup_row(result):
    figures = result['figures']
    own = figures['truesrc']
    cells = [f'IPv{tables.family(result["set"])}, {name_of(result)}']
    for measure in ('mixed', 'chain'):
        best, engine = tables.bare(figures, measure)
        cells += [value(own[measure][0], 1), f'{value(best, 1)} {engine}',
                  f'{own[measure][0] / best:.2f}']
    theirs = haproxy_of(result, 'lookup')
    cells += [value(theirs),
              value(theirs / own['mixed'][0]) if theirs else '–']
    return cells


def cold_row(result):
    figures = result['figures']
    own = figures['truesrc']
    best, engine = tables.bare(figures, 'cold')
    lines = figures['two-lines']['cold'][0]
    return [f'IPv{tables.family(result["set"])}, {name_of(result)}',
            value(own['hits'][0], 1), value(own['misses'][0], 1),
            value(own['cold'][0]), f'{value(best)} {engine}', value(lines),
            f'{own["cold"][0] / lines:.2f}']


def memory_row(result):
    figures = result['figures']
    own = figures['truesrc']
    engine = tables.bare(figures, 'mixed')[1]
    theirs = haproxy_of(result, 'memory')
    return [f'IPv{tables.family(result["set"])}, {name_of(result)}',
            value(own['size'][1], 1),
            f'{value(figures[engine]["size"][1], 1)} {engine}',
            value(theirs / result['count'] if theirs else None),
            value(own['build'][0], 1), value(figures[engine]['build'][0], 1),
            value(haproxy_of(result, 'load'))]


def chosen_row(result, ordinary):
    own = result['figures']['truesrc']
    like = ordinary.get((tables.family(result['set']), result['count']))
    cells = [f'{result["set"]}, {SIZES[result["count"]]}']
    for measure in ('mixed', 'chain', 'cold'):
        ratio = own[measure][0] / like['figures']['truesrc'][measure][0] \
            if like else None
        cells += [value(own[measure][0], 1), value(ratio, 2)]
    return cells + [value(own['size'][1], 1)]


def tables_text(saved):
    results = saved['results']
    ordinary = tables.ordinary_sets(results)
    plain = [result for result in results
             if not tables.is_chosen(result['set'])]
    chosen = [result for result in results if tables.is_chosen(result['set'])]
    parts = [
        f'Measured on {saved["machine"]}; beside {saved["haproxy"]}. '
        f'Nanoseconds of CPU time a lookup, half of them hits: one after '
        f'another, and each waiting for the answer of the last.',
        table(['set', 'truesrc', 'best bare', 'ratio', 'waiting', 'best bare',
               'ratio', 'HAProxy', '× truesrc'],
              [lookup_row(result) for result in plain]),
        '![IPv4 lookups](pictures/lookups-ipv4.svg)',
        '![IPv6 lookups](pictures/lookups-ipv6.svg)',
        'Hits and misses alone, and a lookup after 12 MiB of other reads '
        '(median, the cost of the clock taken off) beside two lines somewhere '
        'in 64 MiB of memory, of which the first tells where the second is:',
        table(['set', 'hits', 'misses', 'cold', 'best bare', 'two lines',
               'ratio'], [cold_row(result) for result in plain]),
        'Bytes a prefix, and milliseconds to build from sorted lists (for '
        'HAProxy, to start with the file):',
        table(['set', 'truesrc', 'fastest bare', 'HAProxy', 'build', 'bare',
               'HAProxy'], [memory_row(result) for result in plain]),
        '![memory](pictures/memory.svg)']
    if chosen:
        parts += [
            'Sets that are chosen to hurt, and how many times an ordinary set '
            'of that size they take:',
            table(['set', 'lookup', '×', 'waiting', '×', 'cold', '×',
                   'bytes a prefix'],
                  [chosen_row(result, ordinary) for result in chosen])]
    if saved.get('instructions'):
        parts += ['Instructions a lookup, the loop included:',
                  instructions_table(saved['instructions'])]
    return '\n\n'.join(parts)


def instructions_table(counts):
    """counts: {set: {engine: instructions}}"""
    return table(['set', 'instructions'],
                 [[name, ', '.join(f'{engine} {value(count)}' for engine, count
                                   in sorted(engines.items(),
                                             key=lambda pair: pair[1]))]
                  for name, engines in counts.items()])


# ---- pictures ----


def series_of(results, pick_bare):
    rows = {'truesrc': [], 'best bare structure': [], 'HAProxy': []}
    for result in results:
        for name, number in zip(rows, pick_bare(result)):
            rows[name].append(number)
    return rows


def draw_tables(saved):
    PICTURES.mkdir(exist_ok=True)
    plain = [result for result in saved['results']
             if not tables.is_chosen(result['set'])]

    def times(result):
        figures = result['figures']
        return (figures['truesrc']['mixed'][0],
                tables.bare(figures, 'mixed')[0],
                haproxy_of(result, 'lookup'))

    def sizes(result):
        figures = result['figures']
        engine = tables.bare(figures, 'mixed')[1]
        theirs = haproxy_of(result, 'memory')
        return (figures['truesrc']['size'][1], figures[engine]['size'][1],
                theirs / result['count'] if theirs else None)

    for width in (4, 6):
        own = [result for result in plain
               if tables.family(result['set']) == width]
        if own:
            draw.bars(PICTURES / f'lookups-ipv{width}.svg',
                      f'One lookup, IPv{width}', 'ns',
                      [name_of(result) for result in own],
                      series_of(own, times))
    large = [result for result in plain if result['count'] >= 100000]
    if large:
        draw.bars(PICTURES / 'memory.svg', 'Memory', 'bytes a prefix',
                  [f'v{tables.family(result["set"])} {name_of(result)}'
                   for result in large], series_of(large, sizes))


# ---- the whole agent ----


def whole_text(saved):
    rows = [[entry['set'], value(entry['lines_a_second'] / 1e6, 1),
             value(entry['start']), value(entry['reload']),
             value(entry['reload_cpu']), value(entry['bare']),
             value(entry['bytes'], 1), f'{entry["peak"]:.2f}']
            for entry in saved['files']]
    return '\n\n'.join([
        'One list in a file. Millions of lines read in a second of CPU; '
        'milliseconds until it answers after a start, and after the file was '
        'replaced, with the time that a file is given to settle; the CPU time '
        'of all threads for that, and what the bare structure takes to read '
        'and build; bytes a prefix of the whole process, and how many times '
        'that it has at most during the change:',
        table(['list', 'M lines/s', 'start', 'replaced', 'CPU', 'bare',
               'bytes a prefix', 'peak'], rows)])


def changes_text(saved):
    rows = [[entry['what'], value(entry['entries']), value(entry['p50'], 1),
             value(entry['p99'], 1), value(entry['rate'])]
            for entry in saved['runs']]
    return '\n\n'.join([
        'Single changes of a dynamic list through the control socket, in '
        'force in every worker and in the journal before they are answered: '
        'microseconds, and changes a second on eight connections, at rest and '
        'while questions come as fast as they are answered:',
        table(['change', 'entries', 'p50', 'p99', 'a second'], rows)])


def replace(page, name, text):
    """What is between <!-- NAME --> and <!-- /NAME -->."""
    return re.sub(rf'(<!-- {name} -->\n).*?(<!-- /{name} -->)',
                  lambda match: f'{match[1]}\n{text}\n\n{match[2]}', page,
                  flags=re.DOTALL)


def main():
    page = PAGE.read_text()
    for name, write in (('tables', tables_text), ('whole', whole_text),
                        ('changes', changes_text)):
        saved = load(sys.argv[1], name)
        if saved:
            page = replace(page, name, write(saved))
        if saved and name == 'tables':
            draw_tables(saved)
    PAGE.write_text(page)


if __name__ == '__main__':
    main()
