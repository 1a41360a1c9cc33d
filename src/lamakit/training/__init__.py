"""What training an inpainting network takes besides its parts: so far, the published recipes."""

from lamakit.training.recipes import Recipe, get_recipe, list_recipes

__all__ = ["Recipe", "get_recipe", "list_recipes"]
