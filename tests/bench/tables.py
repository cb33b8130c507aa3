#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tables.py [--quick] [--set NAME:COUNT]... [--no-haproxy]
    [--instructions] [--save FILE] BUILD_DIR

truesrc's table of prefixes beside structures that do nothing else, and beside
HAProxy's own lists, on the same sets and addresses: what a lookup costs warm,
when the next one depends on it, and cold; memory; time to build. The figures
that matter are ratios within one run. Ends with 1 when a bound is missed.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'tools'))
import haproxies                                            # noqa: E402
import haproxy                                              # noqa: E402

ORDINARY = [(kind, count) for kind in ('mixed4', 'mixed6')
            for count in (100, 10000, 100000, 1000000)]
HOSTS = [('hosts4', 1000000), ('hosts6', 1000000)]
MANY = [('hosts4', 10000000), ('hosts6', 10000000)]
# Sets chosen to hurt, and the ordinary one of their size.
CHOSEN = [('alternate32', 131072), ('alternate31', 1000000),
          ('spread32', 1000000), ('nested4', 1000000),
          ('overlapping4', 1000000), ('alternate64', 1000000),
          ('alternate63', 1000000), ('alternate128', 1000000),
          ('nested6', 1000000), ('overlapping6', 1000000)]
QUICK = [('mixed4', 100), ('mixed4', 10000), ('mixed4', 100000),
         ('mixed4', 1000000),
         ('mixed6', 100), ('mixed6', 10000), ('mixed6', 1000000),
         ('hosts4', 1000000), ('hosts6', 1000000),
         ('alternate32', 131072), ('spread32', 1000000),
         ('alternate64', 1000000), ('nested6', 1000000)]
ENGINES = {4: ('truesrc', 'bs4', 'st4', 'dxr16', 'dxr20'),
           6: ('truesrc', 'bs6', 'st6', 'h32')}
COUNTED = 20000             # lookups under callgrind
OTHERS = ('truesrc', 'line', 'two-lines')

WIDE = ('alternate63', 'alternate64', 'alternate128')
BOUNDS = {'warm': 1.5, 'haproxy': 5, 'cold': 2.5, 'chosen': 4, 'build': 3,
          4: 16, 6: 24}


def arguments():
    parser = argparse.ArgumentParser(
        description="truesrc's table beside others")
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--set', action='append', dest='sets',
                        help='NAME:COUNT, instead of all')
    parser.add_argument('--no-haproxy', action='store_true')
    parser.add_argument('--instructions', action='store_true',
                        help='count them, with valgrind')
    parser.add_argument('--lists', type=int, default=3,
                        help='that the prefixes are spread over')
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--cpu', default='1')
    parser.add_argument('--save', help='all figures, as JSON')
    parser.add_argument('build')
    return parser.parse_args()


def sets_of(options):
    if options.sets:
        return [(name, int(count)) for name, count in
                (text.split(':') for text in options.sets)]
    return QUICK if options.quick else ORDINARY + HOSTS + MANY + CHOSEN


def family(name):
    return 6 if name.endswith('6') or name in WIDE else 4


def is_chosen(name):
    return not name.startswith(('mixed', 'hosts'))


# ---- measuring ----


def run_tables(options, name, count, extra=()):
    """{engine: {measure: [median, least]}}"""
    program = os.path.join(options.build, 'tests', 'tables')
    big = count > 2000000
    rounds = options.rounds or (3 if options.quick or big else 7)
    words = [program, '-p', options.cpu, '-m', str(options.lists),
             '-r', str(rounds), '-c', '300' if options.quick else '1500',
             '-b', '1' if options.quick else '3',
             '-q', '19' if options.quick else '20', *extra, f'{name}:{count}']
    output = subprocess.run(words, check=True, capture_output=True,
                            text=True).stdout
    figures = {}
    for line in output.splitlines():
        _, _, engine, measure, median, least = line.split('\t')
        figures.setdefault(engine, {})[measure] = [float(median),
                                                   float(least)]
    return figures


def run_haproxy(options, program, name, count):
    """What haproxy.measure() gives, or None for a set that it is spared."""
    if is_chosen(name) or (count > 2000000 and options.quick):
        return None
    tables = os.path.join(options.build, 'tests', 'tables')
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, word) for word in ('set', 'ask')]
        subprocess.run([tables, '-m', str(options.lists), '-q', '18',
                        '-w', paths[0], '-a', paths[1], f'{name}:{count}'],
                       check=True)
        addresses = pathlib.Path(paths[1]).read_text().split()
        return haproxy.measure(program, paths[0], family(name), addresses,
                               options.cpu, 3 if options.quick else 5)


def measure_all(options):
    programs = [] if options.no_haproxy else haproxies.find()
    program = programs[0] if programs else None
    results = []
    for name, count in sets_of(options):
        result = {'set': name, 'count': count,
                  'figures': run_tables(options, name, count)}
        if program:
            result['haproxy'] = run_haproxy(options, program, name, count)
        results.append(result)
        print_result(result)
    counts = count_instructions(options) if options.instructions else None
    return {'haproxy': repr(program) if program else None,
            'machine': machine(), 'lists': options.lists, 'results': results,
            'instructions': counts}


def machine():
    with open('/proc/cpuinfo') as info:
        model = next((line.split(':')[1].strip() for line in info
                      if line.startswith('model name')), 'unknown')
    return f'{model}, {os.cpu_count()} CPUs'


def count_instructions(options):
    """{set: {engine: instructions a lookup}}, of two small sets."""
    program = os.path.join(options.build, 'tests', 'tables')
    counts = {}
    for name in ('mixed4', 'mixed6'):
        for count in (10000, 100000):
            own = counts.setdefault(f'{name} {count:,}', {})
            for engine in ENGINES[family(name)]:
                words = ['valgrind', '--tool=callgrind',
                         '--collect-atstart=no',
                         '--toggle-collect=measure_instructions',
                         '--callgrind-out-file=/dev/null', program, '-n',
                         '-q', '15', '-e', engine, f'{name}:{count}']
                output = subprocess.run(words, check=True,
                                        capture_output=True, text=True).stderr
                found = re.search(r'Collected : (\d+)', output)
                own[engine] = int(found[1]) / COUNTED
    return counts


# ---- comparing ----


def bare(figures, measure):
    """(least figure of all bare structures, its name)"""
    return min((measures[measure][0], engine)
               for engine, measures in figures.items()
               if engine not in OTHERS and measure in measures)


def has_bare(figures):
    return any(engine not in OTHERS for engine in figures)


def ratios(result, ordinary):
    """(what, ratio, bound, is met) of everything that has a bound."""
    figures, name = result['figures'], result['set']
    own = figures['truesrc']
    rows = []

    def add(what, ratio, bound, at_least=False):
        met = ratio >= bound if at_least else ratio <= bound
        rows.append((what, ratio, bound, met))

    if not is_chosen(name):
        for measure in ('mixed', 'hits', 'misses', 'chain'):
            if has_bare(figures):
                add(f'{measure} / best bare', own[measure][0] /
                    bare(figures, measure)[0], BOUNDS['warm'])
        add('cold / two lines', own['cold'][0] /
            figures['two-lines']['cold'][0], BOUNDS['cold'])
        if has_bare(figures) and result['count'] >= 10000:
            engine = bare(figures, 'mixed')[1]
            add('build / best bare', own['build'][0] /
                figures[engine]['build'][0], BOUNDS['build'])
    else:
        like = ordinary.get((family(name), result['count']))
        for measure in ('mixed', 'chain', 'cold'):
            if like:
                add(f'{measure} / ordinary', own[measure][0] /
                    like['figures']['truesrc'][measure][0], BOUNDS['chosen'])
    if result['count'] == 1000000 and name.startswith(('mixed', 'hosts')):
        add('bytes a prefix', own['size'][1], BOUNDS[family(name)])
    if result.get('haproxy') and result['count'] >= 10000:
        add('HAProxy / mixed', result['haproxy']['lookup'] / own['mixed'][0],
            BOUNDS['haproxy'], at_least=True)
    return rows


def ordinary_sets(results):
    """The mixed sets; one of 100,000 stands for 131,072 as well."""
    sets = {(family(result['set']), result['count']): result
            for result in results if result['set'].startswith('mixed')}
    for width in (4, 6):
        if (width, 100000) in sets:
            sets.setdefault((width, 131072), sets[(width, 100000)])
    return sets


# ---- printing ----

COLUMNS = [('mixed', 'mixed'), ('chain', 'chain'), ('hits', 'hits'),
           ('misses', 'misses'), ('inline', 'inline'),
           ('inline-chain', 'in.chain'), ('cold', 'cold')]


def short(value):
    return f'{value:.0f}' if value >= 100 else f'{value:.1f}'


def print_result(result):
    print(f'\n{result["set"]} {result["count"]:,}')
    print('  ' + f'{"ns a lookup":12}' +
          ''.join(f'{title:>9}' for _, title in COLUMNS) +
          f'{"B/prefix":>10}{"build ms":>10}{"peak MB":>9}')
    for engine, measures in result['figures'].items():
        row = ''.join(
            f'{short(measures[key][0]) if key in measures else "":>9}'
            for key, _ in COLUMNS)
        if 'size' in measures:
            row += f'{measures["size"][1]:>10.1f}'
        if 'build' in measures:
            row += (f'{measures["build"][0]:>10.1f}'
                    f'{measures["peak"][0] / 1e6:>9.0f}')
        print(f'  {engine:12}{row}')
    if result.get('haproxy'):
        figures = result['haproxy']
        print(f'  {"HAProxy":12}{short(figures["lookup"]):>9}{"":54}'
              f'{figures["memory"] / result["count"]:>10.1f}'
              f'{figures["load"]:>10.1f}{figures["memory"] / 1e6:>9.0f}')
    sys.stdout.flush()


def print_ratios(results):
    """Gives how many bounds are missed."""
    missed = 0
    ordinary = ordinary_sets(results)
    print('\nBounds')
    for result in results:
        for what, ratio, bound, met in ratios(result, ordinary):
            missed += not met
            print(f'  {"      " if met else "MISSED"} {result["set"]:13}'
                  f'{result["count"]:>10,}  {what:20}{ratio:8.2f}'
                  f'  ({bound})')
    print(f'  {missed} missed')
    return missed


def main():
    options = arguments()
    everything = measure_all(options)
    if options.save:
        pathlib.Path(options.save).write_text(json.dumps(everything))
    sys.exit(1 if print_ratios(everything['results']) else 0)


if __name__ == '__main__':
    main()
