"""Structured descriptions from a language model: several drafts of every class, in JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from zsar.errors import UserError
from zsar.kinematics.descriptions import Draft, Pair, Variant, as_json, complaints
from zsar.kinematics.vocabulary import Vocabulary, vocabulary
from zsar.text.answers import without_thoughts
from zsar.text.author import ClassTask, WrittenText
from zsar.text.describe import DescribeConfig, SourceTask, TextFolders
from zsar.text.descriptions import KINEMATICS, prompt_file, read_prompt
from zsar.validation import typed

MOST_VARIANTS = 3
MOST_REASONS = 8  # that are told after a rejection


PairAnswer = Annotated[
    list[float], Field(min_length=2, max_length=2, description="[value, half-width]")
]


@dataclass(frozen=True)
class VariantAnswer:
    weight: Annotated[float, Field(ge=0, le=1)]
    attributes: dict[str, PairAnswer | None]


@dataclass(frozen=True)
class DraftAnswer:
    """What a language model answers about a class."""

    variants: list[VariantAnswer]


@dataclass(frozen=True)
class StructuredTask(SourceTask):
    """The drafts that are to be written, those of a class one after another."""

    drafts: int
    response_format: dict[str, Any] | None
    kind = "description"

    @property
    def parameters(self) -> dict[str, Any]:
        return {"drafts": self.drafts}

    @property
    def class_tasks(self) -> list[ClassTask]:
        table = vocabulary_text(vocabulary())
        prompts = [self.prompt.fill(name=name, vocabulary=table) for name in self.names]
        return [
            ClassTask(name, prompt, checked_draft, self.kind, sample, self.response_format)
            for name, prompt in zip(self.names, prompts, strict=True)
            for sample in range(self.drafts)
        ]

    def content(self, texts: Sequence[WrittenText]) -> str:
        drafts = [parsed_draft(text.text) for text in texts]
        firsts = range(0, len(drafts), self.drafts)
        each = [drafts[first : first + self.drafts] for first in firsts]
        return as_json(dict(zip(self.names, each, strict=True)))


def source_task(
    config: DescribeConfig, folders: TextFolders, source: str, names: list[str]
) -> StructuredTask:
    prompt, version = read_prompt(folders.prompts, source), vocabulary().version
    # The version stands in the prompt, so that the prompt's digest changes with it.
    if f"Vocabulary {version}:" not in prompt.text:
        raise UserError(
            f"{prompt_file(folders.prompts, source)}: expected the line 'Vocabulary {version}:';"
            " read whether the question still fits that version, and write its number there"
        )
    own = config.kinematics
    return StructuredTask(names, prompt, own.drafts, _response_format(own.structured))


def checked_draft(answer: str) -> tuple[str | None, str]:
    """The reasons to reject an answer, or None, and the JSON in it."""
    text = _json_part(without_thoughts(answer))
    try:
        reasons = _mistakes(parsed_draft(text))
    except UserError as error:
        reasons = [str(error)]
    told = "; ".join(map(_shortened, reasons[:MOST_REASONS]))
    more = len(reasons) - MOST_REASONS
    return (f"{told}; and {more} more" if more > 0 else told) or None, text


def parsed_draft(text: str) -> Draft:
    try:
        values = json.loads(text, parse_constant=_no_number)
    except ValueError as error:
        raise UserError(f"it is not a JSON object: {error}") from error
    return [
        Variant(each.weight, {name: _pair(found) for name, found in each.attributes.items()})
        for each in typed(DraftAnswer, values, "", "the JSON").variants
    ]


def _pair(found: list[float] | None) -> Pair | None:
    return None if found is None else (found[0], found[1])


def _json_part(answer: str) -> str:
    """Without code fences and words around it."""
    return answer[answer.find("{") : answer.rfind("}") + 1]


def _shortened(reason: str) -> str:
    """It may quote a long part of the answer."""
    return reason if len(reason) < 300 else f"{reason[:150]} ... {reason[-100:]}"


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _mistakes(draft: Draft) -> list[str]:
    """What is left out would count as at rest, but a model is to think of every attribute."""
    missing = [name for name in vocabulary() if any(name not in each.attributes for each in draft)]
    left_out = [f"these attributes are missing: {', '.join(missing)}"] if missing else []
    fitting = 1 <= len(draft) <= MOST_VARIANTS
    number = [] if fitting else [f"it has {len(draft)} variants, expected 1 to {MOST_VARIANTS}"]
    return number + left_out + complaints(draft)


def vocabulary_text(known: Vocabulary) -> str:
    """What a language model has to know of it."""
    parts = [known.conventions.strip(), "name | unit | range | value at rest | meaning"]
    for group, title in known.groups.items():
        attributes = {name: known.attributes[name] for name in known.group(group)}
        rows = [
            f"{name} | {each.unit} | {each.low:g} to {each.high:g}"
            f" | {'null' if each.rest is None else f'{each.rest:g}'} | {each.meaning}"
            for name, each in attributes.items()
        ]
        parts.append("\n".join([f"{group}: {title}", *rows]))
    pairs = "; ".join(f"{smaller} <= {larger}" for smaller, larger in known.at_most)
    parts.append(f"Always true of the values: {pairs}.")
    return "\n\n".join(parts)


def json_schema(known: Vocabulary) -> dict[str, Any]:
    """Of an answer; null is allowed where it can have a reason."""

    def closed(properties: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    attributes = {
        name: {"$ref": f"#/$defs/{'pair' if each.rest is not None else 'pair_or_null'}"}
        for name, each in known.attributes.items()
    }
    variant = closed({"weight": {"type": "number"}, "attributes": closed(attributes)})
    variants = {"type": "array", "items": variant, "minItems": 1, "maxItems": MOST_VARIANTS}
    either = {"anyOf": [{"$ref": "#/$defs/pair"}, {"type": "null"}]}
    return closed({"variants": variants}) | {"$defs": {"pair": pair, "pair_or_null": either}}


def _response_format(kind: Literal["schema", "json", "none"]) -> dict[str, Any] | None:
    schema = {"name": KINEMATICS, "strict": True, "schema": json_schema(vocabulary())}
    formats: dict[str, dict[str, Any]] = {
        "schema": {"type": "json_schema", "json_schema": schema},
        "json": {"type": "json_object"},
    }
    return formats.get(kind)
