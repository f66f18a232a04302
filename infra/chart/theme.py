"""Colours of a chart, dark and light; told apart by brightness too, for those who see few hues."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from infra.chart.series import ABSORBED_BLOCK
from infra.chart.series import ACCUMULATION
from infra.chart.series import DISTRIBUTION
from infra.chart.series import ZONE


class ThemeName(StrEnum):
    """Themes there are."""

    DARK = "dark"
    LIGHT = "light"


class Theme(msgspec.Struct, frozen=True):
    """
    Colours by what they are for.

    Parameters
    ----------
    paper, shade : str
        Background, and that of pre-market and after-hours.
    text, dim, faint : str
        Writing, from most to least important.
    grid, edge : str
        Lines of the grid, and borders.
    up, down, flat : str
        Bars, and bought, sold and undirected volume.
    lit, off_exchange : str
        Volume by venue.
    vwap, poc, value, node : str
        Lines.
    kinds : mapping of str to str
        Inferences by kind.
    """

    paper: str
    shade: str
    text: str
    dim: str
    faint: str
    grid: str
    edge: str
    up: str
    down: str
    flat: str
    lit: str
    off_exchange: str
    vwap: str
    poc: str
    value: str
    node: str
    kinds: Mapping[str, str]


THEMES: Final[Mapping[ThemeName, Theme]] = MappingProxyType(
    {
        ThemeName.DARK: Theme(
            paper="#10151c",
            shade="#161c25",
            text="#e4eaf1",
            dim="#a3b1c2",
            faint="#7f8fa3",
            grid="#1d2530",
            edge="#2b3643",
            up="#2fae95",
            down="#e0685f",
            flat="#67788c",
            lit="#3b495a",
            off_exchange="#8f7be8",
            vwap="#e2b14a",
            poc="#5aa9ff",
            value="#8fa6bf",
            node="#e48fd0",
            kinds=MappingProxyType(
                {
                    ABSORBED_BLOCK: "#b79bff",
                    ACCUMULATION: "#4fd8d0",
                    DISTRIBUTION: "#ff9a62",
                    ZONE: "#ffd978",
                }
            ),
        ),
        ThemeName.LIGHT: Theme(
            paper="#ffffff",
            shade="#f4f6f9",
            text="#14191f",
            dim="#44515f",
            faint="#6b7886",
            grid="#eaeef2",
            edge="#ccd4dc",
            up="#12836d",
            down="#c8423a",
            flat="#8b99a8",
            lit="#c3cdd7",
            off_exchange="#7a63d2",
            vwap="#b07a08",
            poc="#0b5cad",
            value="#56697d",
            node="#b0439a",
            kinds=MappingProxyType(
                {
                    ABSORBED_BLOCK: "#6a4bd0",
                    ACCUMULATION: "#0a7f86",
                    DISTRIBUTION: "#c8571b",
                    ZONE: "#a87f00",
                }
            ),
        ),
    }
)
