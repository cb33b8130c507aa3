#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""update.py NAME FILE... [--date YYYY-MM-DD] [--note TEXT]

Makes a preset of what its publisher gives: prints conf/presets/NAME.txt, from
the files as they were downloaded. The date is that of the data; where the
files tell it themselves it need not be given. --list names the presets.
"""

import argparse
import datetime
import ipaddress
import json
import sys

# ---- what publishers' files look like ----


def lines(texts):
    """One prefix a line, comments from # on."""
    for text in texts:
        for line in text.splitlines():
            line = line.split('#')[0].strip()
            if line:
                yield line


def flat(*keys):
    """JSON with lists under these keys, perhaps in "result"; or lines."""
    def read(texts):
        for text in texts:
            if not text.lstrip().startswith('{'):
                yield from lines([text])
                continue
            document = json.loads(text)
            document = document.get('result', document)
            found = [key for key in keys if key in document]
            if not found:
                raise ValueError('none of ' + ', '.join(keys) + ' is there')
            for key in found:
                yield from document[key]
    return read


def aws(*services):
    """ip-ranges.json, the prefixes of some services."""
    def read(texts):
        for text in texts:
            document = json.loads(text)
            for key, name in (('prefixes', 'ip_prefix'),
                              ('ipv6_prefixes', 'ipv6_prefix')):
                for entry in document[key]:
                    if entry['service'] in services:
                        yield entry[name]
    return read


def google(texts):
    """googlebot.json, cloud.json, goog.json and the like."""
    for text in texts:
        for entry in json.loads(text)['prefixes']:
            yield entry.get('ipv4Prefix') or entry['ipv6Prefix']


def azure(tag):
    """ServiceTags_Public_*.json, one tag."""
    def read(texts):
        for text in texts:
            for value in json.loads(text)['values']:
                if value['name'] == tag:
                    yield from value['properties']['addressPrefixes']
    return read


# ---- and when they were made ----


def aws_date(document):
    return document['createDate'][:10]


def google_date(document):
    return document['creationTime'][:10]


AWS = 'https://ip-ranges.amazonaws.com/ip-ranges.json'

# name: title, publisher's addresses, reader of the files, their own date
PRESETS = {
    'akamai': (
        'Akamai, origin IP access control list',
        ['https://techdocs.akamai.com/property-manager/pdfs/'
         'akamai_ipv4_ipv6_CIDRs-txt.zip'],
        lines, None),
    'azure-front-door': (
        'Microsoft Azure, service tag AzureFrontDoor.Backend',
        ['https://www.microsoft.com/en-us/download/details.aspx?id=56519'],
        azure('AzureFrontDoor.Backend'), None),
    'bunny': (
        'Bunny CDN, edge servers',
        ['https://bunnycdn.com/api/system/edgeserverlist/plain',
         'https://bunnycdn.com/api/system/edgeserverlist/IPv6/plain'],
        lines, None),
    'cloudflare': (
        'Cloudflare',
        ['https://www.cloudflare.com/ips-v4',
         'https://www.cloudflare.com/ips-v6'],
        flat('ipv4_cidrs', 'ipv6_cidrs'), None),
    'cloudfront': (
        'Amazon CloudFront, where it reaches origins from '
        '(CLOUDFRONT_ORIGIN_FACING)', [AWS],
        aws('CLOUDFRONT_ORIGIN_FACING'), aws_date),
    'fastly': (
        'Fastly', ['https://api.fastly.com/public-ip-list'],
        flat('addresses', 'ipv6_addresses'), None),
    'github-hooks': (
        'GitHub, where webhooks come from', ['https://api.github.com/meta'],
        flat('hooks'), None),
    'googlebot': (
        'Google, common crawlers',
        ['https://developers.google.com/static/search/apis/ipranges/'
         'googlebot.json'],
        google, google_date),
    'imperva': (
        'Imperva', ['https://my.imperva.com/api/integration/v1/ips'],
        flat('ipRanges', 'ipv6Ranges'), None),
}

# Nobody publishes anything wider.
WIDEST = {4: 8, 6: 16}


def network_of(text):
    """The prefix, if it can be what a publisher means."""
    network = ipaddress.ip_network(text)
    if network.prefixlen < WIDEST[network.version]:
        raise ValueError(f'{text} is wider than /{WIDEST[network.version]}')
    if not network.is_global:
        raise ValueError(f'{text} is not routed on the Internet')
    return network


def networks_of(read, texts):
    """Sorted, none twice, none that another holds."""
    networks = sorted({network_of(text) for text in read(texts)},
                      key=lambda n: (n.version, n))
    kept = []
    for network in networks:
        if (kept and kept[-1].version == network.version and
                network.subnet_of(kept[-1])):
            continue
        kept.append(network)
    if not kept:
        raise ValueError('there is no prefix in it')
    return kept


def show(network):
    if network.prefixlen == network.max_prefixlen:
        return str(network.network_address)
    return str(network)


def date_of(own, texts, given):
    """The date that was given, or the oldest that the files tell."""
    if given:
        return datetime.date.fromisoformat(given).isoformat()
    if own is None:
        raise ValueError('the date is not in it: give --date')
    return min(datetime.date.fromisoformat(own(json.loads(text))).isoformat()
               for text in texts)


def make(name, texts, date=None, notes=()):
    """The text of the preset."""
    title, addresses, read, own = PRESETS[name]
    networks = networks_of(read, texts)
    head = [title]
    head += [f'Publisher: {address}' for address in addresses]
    head += [f'Date: {date_of(own, texts, date)}']
    head += list(notes)
    head += ["Terms: the publisher's, at that address. These ranges change;",
             'a newer file of your own goes in by {file: ...}.']
    return ''.join(f'# {line}\n' for line in head) + \
        ''.join(f'{show(network)}\n' for network in networks)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--date')
    parser.add_argument('--note', action='append', default=[])
    parser.add_argument('name', nargs='?', choices=sorted(PRESETS))
    parser.add_argument('files', nargs='*')
    options = parser.parse_args()
    if options.list:
        print('\n'.join(sorted(PRESETS)))
        return 0
    if not options.name or not options.files:
        parser.error('a name and its files are needed')
    texts = []
    for path in options.files:
        with open(path, encoding='utf-8-sig') as file:
            texts.append(file.read())
    try:
        sys.stdout.write(make(options.name, texts, options.date, options.note))
    except (KeyError, TypeError, ValueError) as error:
        print(f'update.py: {options.name}: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
