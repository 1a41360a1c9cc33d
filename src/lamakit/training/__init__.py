"""Recipes: the settings with which published networks were trained."""

from lamakit.training.recipes import Recipe, get_recipe, list_recipes

__all__ = ["Recipe", "get_recipe", "list_recipes"]
