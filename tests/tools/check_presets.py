#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The presets, and the script that makes them of publishers' files. Prints
TAP."""

import importlib.util
import ipaddress
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, 'conf/presets/update.py')
FEEDS = os.path.join(ROOT, 'tests/conf/feeds')

sys.dont_write_bytecode = True
SPEC = importlib.util.spec_from_file_location('update', SCRIPT)
update = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(update)


def feed(name):
    with open(os.path.join(FEEDS, name), encoding='utf-8-sig') as file:
        return file.read()


def prefixes(text):
    return [line for line in text.splitlines() if not line.startswith('#')]


def made(name, texts, date='2026-01-02'):
    return prefixes(update.make(name, texts, date))


def refused(name, text, date='2026-01-02'):
    try:
        update.make(name, [text], date)
    except (KeyError, TypeError, ValueError):
        return True
    return False


# ---- what the script makes of publishers' files ----

def lines_of_two_families():
    assert made('cloudflare', [feed('cloudflare-ips.txt')]) == [
        '103.21.244.0/22', '103.22.200.0/22', '2400:cb00::/32']


def the_same_from_the_api():
    assert made('cloudflare', [feed('cloudflare-api.json')]) == \
        made('cloudflare', [feed('cloudflare-ips.txt')])


def one_service_of_aws():
    assert made('cloudfront', [feed('aws.json')], None) == [
        '130.176.88.0/21', '2600:9000:1000::/36']


def the_date_of_aws():
    text = update.make('cloudfront', [feed('aws.json')], None)
    assert '# Date: 2025-07-24\n' in text


def both_families_of_google():
    text = update.make('googlebot', [feed('google.json')], None)
    assert prefixes(text) == ['34.80.0.0/15', '2600:1900:4030::/44']
    assert '# Date: 2025-07-24\n' in text


def one_tag_of_azure():
    assert made('azure-front-door', [feed('azure.json')]) == [
        '4.153.250.0/29', '2603:1000:4::600/123']


def one_category_of_github():
    assert made('github-hooks', [feed('github.json')]) == [
        '192.30.252.0/22', '2a0a:a440::/29']


def fastly():
    assert made('fastly', [feed('fastly.json')]) == [
        '23.235.32.0/20', '43.249.72.0/22', '2a04:4e40::/32',
        '2a04:4e42::/32']


def what_others_hold_is_left_out():
    assert made('akamai', ['9.1.0.0/16\n9.0.0.0/8\n9.1.2.3\n8.8.8.8\n'
                           '8.8.8.8/32\n']) == ['8.8.8.8', '9.0.0.0/8']


def mistakes_are_refused():
    for text in ('', '# nothing\n', '9.0.0.1/8\n', '9.0.0.0/7\n',
                 '10.0.0.0/8\n', 'fe80::/64\n', '2000::/3\n', 'x\n', '<html>'):
        assert refused('akamai', text), text
    assert refused('fastly', '{"other": []}')
    assert refused('fastly', '{"addresses": []}')
    assert refused('cloudfront', '{"createDate": "2025-01-01"}', None)
    assert refused('akamai', '8.8.8.8\n', None)
    assert refused('akamai', '8.8.8.8\n', 'yesterday')


def the_script_itself():
    with tempfile.NamedTemporaryFile('w', suffix='.json') as file:
        json.dump({'addresses': ['8.8.8.0/24'], 'ipv6_addresses': []}, file)
        file.flush()
        done = subprocess.run(
            [SCRIPT, 'fastly', file.name, '--date', '2026-03-04'],
            stdout=subprocess.PIPE, check=True, text=True)
        assert done.stdout.startswith('# Fastly\n# Publisher: https://')
        assert done.stdout.endswith('\n8.8.8.0/24\n')
        done = subprocess.run([SCRIPT, 'fastly', file.name], check=False,
                              stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and '--date' in done.stderr
    listed = subprocess.run([SCRIPT, '--list'], stdout=subprocess.PIPE,
                            check=True, text=True).stdout.split()
    assert listed == sorted(update.PRESETS)


# ---- what is shipped ----

def shipped():
    folder = os.path.join(ROOT, 'conf/presets')
    names = [name for name in os.listdir(folder) if name.endswith('.txt')]
    assert names
    for name in sorted(names):
        with open(os.path.join(folder, name), encoding='ascii') as file:
            yield name[:-len('.txt')], file.read()


def each_can_be_made_again():
    assert {name for name, _ in shipped()} <= set(update.PRESETS)


def each_tells_where_it_is_from():
    for name, text in shipped():
        head = [line for line in text.splitlines() if line.startswith('#')]
        assert re.search(r'^# Publisher: https://\S+$', text, re.M), name
        assert re.search(r'^# Date: 20\d\d-\d\d-\d\d$', text, re.M), name
        assert re.search(r'^# Terms: ', text, re.M), name
        assert head[0] == f'# {update.PRESETS[name][0]}', name


def each_is_in_order():
    for name, text in shipped():
        networks = [ipaddress.ip_network(line) for line in prefixes(text)]
        assert networks == update.networks_of(update.lines, [text]), name


CHECKS = [
    lines_of_two_families, the_same_from_the_api, one_service_of_aws,
    the_date_of_aws, both_families_of_google, one_tag_of_azure,
    one_category_of_github, fastly, what_others_hold_is_left_out,
    mistakes_are_refused, the_script_itself, each_can_be_made_again,
    each_tells_where_it_is_from, each_is_in_order,
]


def main():
    failed = 0
    print(f'1..{len(CHECKS)}')
    for number, check in enumerate(CHECKS, 1):
        name = check.__name__.replace('_', ' ')
        try:
            check()
            print(f'ok {number} - {name}')
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f'not ok {number} - {name}')
            print(f'# {type(error).__name__}: {error}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
