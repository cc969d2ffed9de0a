#!/usr/bin/env python3
# network_table: data/networks as tables of spans that do not overlap, for network.c. Usage: network_table.py SPECIAL PROVIDERS
import ipaddress
import sys


def networks(path):
    """(network, name) of each line; a line '@name' begins a name's."""
    name = None
    with open(path, encoding='utf-8') as file:
        for line in file:
            line = line.strip()
            if not line or line.startswith('#'):
                continue
            if line.startswith('@'):
                name = line[1:]
            else:
                yield ipaddress.ip_network(line), name


def spans(pairs):
    """Sorted [first, last, name] without overlaps: where networks lie in one another, the smaller one's name counts."""
    out, open_ones = [], []  # open_ones: [last, name], from the widest to the narrowest

    def add(first, last, name):
        if first > last:
            return
        if out and out[-1][2] == name and out[-1][1] + 1 == first:
            out[-1][1] = last
        else:
            out.append([first, last, name])

    at = 0
    for network, name in sorted(pairs, key=lambda p: (int(p[0].network_address), p[0].prefixlen)):
        first, last = int(network.network_address), int(network.broadcast_address)
        while open_ones and open_ones[-1][0] < first:
            end, outer = open_ones.pop()
            add(at, end, outer)
            at = max(at, end + 1)
        if open_ones:
            add(at, first - 1, open_ones[-1][1])
        at = first
        open_ones.append([last, name])
    while open_ones:
        end, outer = open_ones.pop()
        add(at, end, outer)
        at = max(at, end + 1)
    return out


def table(name, pairs, names):
    for version, bits in ((4, 32), (6, 128)):
        rows = spans([p for p in pairs if p[0].version == version])
        print('static const struct span%d %s%d[] = {' % (version, name, version))
        for first, last, owner in rows:
            if version == 4:
                print('    {0x%08xu, 0x%08xu, %d},' % (first, last, names.index(owner)))
            else:
                print('    {{0x%016xu, 0x%016xu}, {0x%016xu, 0x%016xu}, %d},' % (
                    first >> 64, first & (1 << 64) - 1, last >> 64, last & (1 << 64) - 1, names.index(owner)))
        print('};')


def main(special, providers):
    print('/* network_table: data/networks, made by network_table.py. Do not edit. */')
    for name, path in (('special', special), ('provider', providers)):
        pairs = list(networks(path))
        names = sorted({p[1] for p in pairs})
        print('static const str %s_names[] = {%s};' % (name, ', '.join('STR("%s")' % n for n in names)))
        table(name, pairs, names)


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit('usage: network_table.py SPECIAL PROVIDERS')
    main(*sys.argv[1:])
