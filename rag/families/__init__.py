"""Prompt families: how a kind of model wants to be asked, one file each.

A family is a module of this folder that offers what `Family` lists; the folder is the registry.
"""

from rag.families._registry import RAW, Family, ModelInfo, Sampling, Segment, detect, info_of, load, names, read_info

__all__ = ["RAW", "Family", "ModelInfo", "Sampling", "Segment", "detect", "info_of", "load", "names", "read_info"]
