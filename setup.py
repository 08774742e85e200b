"Packaging facts from settings.ini, handed to setuptools; what is static stands in pyproject.toml"
from configparser import ConfigParser
from setuptools import setup

cfg = ConfigParser()
cfg.read('settings.ini', encoding='utf-8')
d = cfg['DEFAULT']

def lines(key): return [o.strip() for o in d[key].splitlines() if o.strip()]

train, cluster, export = (lines(f'{o}_requirements') for o in ('train', 'cluster', 'export'))
setup(
    python_requires='>=' + d['min_python'],
    license_expression=d['license'],
    author=d['author'],
    keywords=d['keywords'].split(),
    install_requires=lines('requirements'),
    extras_require=dict(train=train, lra=lines('lra_requirements'), scp=lines('scp_requirements'),
                        hub=lines('hub_requirements'), cluster=train + cluster, export=train + export,
                        dev=train + cluster + export + lines('dev_requirements')),
    entry_points=dict(console_scripts=lines('console_scripts'), nbdev=['agf=agf._modidx:d']),
)
