# SPDX-License-Identifier: MIT
"""The Bot API's specification as data (shared/corpus/botapi/api.min.json), and values held against it.

Each function returns what is wrong as a list of "WHERE: WHAT"; the empty list means that nothing is. Besides names, types and
what is required, the limits that the specification states in words are read from its descriptions: lengths ("1-4096
characters", "1-64 bytes"), ranges ("between 1-100") and closed lists (always "x"; one of "x", "y").
"""
import json
import re

QUOTED = r'"([^"]+)"'
LENGTH = re.compile(r'(\d+)-(\d+) (characters|bytes)')
RANGE = re.compile(r'(?:between |, )(\d+)-(\d+)(?=[. ]|$)')
ALWAYS = re.compile(r'always ' + QUOTED)
CHOICE = re.compile(r'(?:one of|either|can be) (?="[a-zA-Z])')
WORDS_OF_LIST = re.compile(QUOTED + r'(?: \([^)]*\)| for [^,"]*| if [^,"]*| to [^,"]*)?(?:, or |, | or |$|\.)')

ONE_OF = re.compile(r'(exactly|at most) one of the (optional fields|fields other than ([a-z_, ]+?) must|fields ([a-z_]+) or ([a-z_]+))', re.I)


def _only_one(description, fields):
    """Of which fields one alone may be there, and whether one must, as the description of a type says; or None."""
    match = ONE_OF.search(description)
    if not match:
        return None
    if match.group(3):
        names = {field.name for field in fields} - set(re.split(r',? and |, ', match.group(3)))
    elif match.group(4):
        names = {match.group(4), match.group(5)}
    else:
        names = {field.name for field in fields if not field.required}
    return names, match.group(1).lower() == 'exactly'


def _choices(description):
    """The closed list in a description, or None. A list that goes on with words that we cannot read is none."""
    start = CHOICE.search(description)
    if not start:
        return None
    at, words = start.end(), []
    while True:
        match = WORDS_OF_LIST.match(description, at)
        if not match:
            return words if at >= len(description.rstrip()) or description[at - 1] == '.' else None
        words.append(match.group(1))
        at = match.end()
        if match.group(0).endswith('.') or at >= len(description):
            return words


class Field:
    def __init__(self, document):
        self.name, self.types, self.required = document['name'], document['types'], document['required']
        description = document['description']
        self.length = self.range = self.words = None
        match = LENGTH.search(description)
        if match and 'String' in self.types:
            self.length = int(match.group(1)), int(match.group(2)), match.group(3)
        match = RANGE.search(description)
        if match and self.types == ['Integer']:
            self.range = int(match.group(1)), int(match.group(2))
        match = ALWAYS.search(description)
        if self.types == ['String']:
            self.words = [match.group(1)] if match else _choices(description)

    def limits(self, value, where):
        if self.words and isinstance(value, str) and value not in self.words:
            return [f'{where}: {value!r} is none of {", ".join(self.words)}']
        if self.length and isinstance(value, str):
            low, high, unit = self.length
            size = len(value.encode()) if unit == 'bytes' else len(value.encode('utf-16-le', 'surrogatepass')) // 2
            if not low <= size <= high:
                return [f'{where}: {size} {unit}, not {low} to {high}']
        if self.range and isinstance(value, int) and not self.range[0] <= value <= self.range[1]:
            return [f'{where}: {value} is not {self.range[0]} to {self.range[1]}']
        return []


class Spec:
    def __init__(self, path):
        with open(path, encoding='utf-8') as file:
            document = json.load(file)
        self.version = document['version']
        self.types = {name: [Field(field) for field in type.get('fields', [])] for name, type in document['types'].items()}
        self.only_one = {name: _only_one(' '.join(type.get('description', [])), self.types[name])
                         for name, type in document['types'].items()}
        self.also_text = {name for name, type in document['types'].items()
                          if 'String can be used instead of this object' in ' '.join(type.get('description', []))}
        self.subtypes = {name: type['subtypes'] for name, type in document['types'].items() if type.get('subtypes')}
        self.methods = {name.lower(): (name, [Field(field) for field in method.get('fields', [])], method['returns'])
                        for name, method in document['methods'].items()}

    # ---- values ----

    def value(self, value, types, where):
        """`value` is of one of `types`; of several that do not fit, what is wrong with the nearest is told."""
        types = [each for name in types for each in self.subtypes.get(name, [name])]
        wrong = [self._of_type(value, name, where) for name in types]
        return min(wrong, key=lambda found: _distance(found, where))

    def _of_type(self, value, name, where):
        if name.startswith('Array of '):
            if not isinstance(value, list):
                return [f'{where}: {_shown(value)} is not of type {name}']
            return [wrong for i, each in enumerate(value) for wrong in self.value(each, [name[9:]], f'{where}[{i}]')]
        if name in self.subtypes:
            return self.value(value, [name], where)
        if name in self.also_text and isinstance(value, str):
            return []
        if name in self.types and name != 'InputFile':
            if not isinstance(value, dict):
                return [f'{where}: {_shown(value)} is not of type {name}']
            return self.object(value, self.types[name], where) or self._alone(value, name, where)
        if _is_plain(value, name):
            return []
        return [f'{where}: {_shown(value)} is not of type {name}']

    def object(self, value, fields, where):
        """Required fields are there, no undeclared one is, and each is of its type and within its limits."""
        known = {field.name: field for field in fields}
        wrong = [f'{where}: {name} is missing' for name, field in known.items() if field.required and name not in value]
        for name, each in value.items():
            inside = f'{where}.{name}'
            if name not in known:
                wrong.append(f'{where}: {name} is not declared')
            else:
                wrong += self.value(each, known[name].types, inside) or known[name].limits(each, inside)
        return wrong

    def _alone(self, value, name, where):
        if not self.only_one[name]:
            return []
        names, must = self.only_one[name]
        there = sorted(names & set(value))
        if len(there) > 1 or (must and not there):
            return [f'{where}: {" and ".join(there) or "none"} where one of several is wanted']
        return []

    # ---- what clients send ----

    def params(self, params, fields):
        """As object(), for parameters, which may come as text whatever their type. A file may come under any name that a
        parameter gives as attach://NAME."""
        attached = set(re.findall(r'attach://([^"\s]+)', json.dumps(params)))
        known = {field.name: field for field in fields}
        wrong = [f'{name} is missing' for name, field in known.items() if field.required and name not in params]
        for name, each in params.items():
            if name in known:
                wrong += self._param(each, known[name])
            elif name not in attached or not _is_plain(each, 'InputFile'):
                wrong.append(f'{name} is not declared')
        return wrong

    def _param(self, value, field):
        tried = []
        for name in field.types:
            read = _from_text(value, name)
            found = self.value(read, [name], field.name) or field.limits(read, field.name)
            if not found:
                return []
            tried.append(found)
        return min(tried, key=lambda found: _distance(found, field.name))


def _distance(found, where):
    """How far a value is from a type, by what was found: of another kind, with fields of another, wrong in itself."""
    kinds = sum(each.startswith(f'{where}: ') and ' is not of type ' in each or
                re.match(re.escape(where) + r'\.[a-z_]+: .* is none of ', each) is not None for each in found)
    return kinds, sum(each.endswith(' is not declared') for each in found), len(found)


def _is_plain(value, name):
    if name == 'Integer':
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63
    if name == 'Float':
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == 'String':
        return isinstance(value, str)
    if name == 'Boolean':
        return isinstance(value, bool)
    if name == 'InputFile':  # as the exchange writes it: what was uploaded under this name
        return isinstance(value, dict) and isinstance(value.get('file'), str) and isinstance(value.get('bytes'), int)
    return False


def _from_text(value, name):
    """What a parameter that came as text means where `name` is wanted; as it is when it means nothing there."""
    if not isinstance(value, str) or name in ('String', 'InputFile'):
        return value
    if name == 'Boolean':
        return {'true': True, 'false': False}.get(value.lower(), value)
    if name == 'Integer':
        return int(value) if re.fullmatch(r'-?\d+', value) else value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _shown(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + '...'
