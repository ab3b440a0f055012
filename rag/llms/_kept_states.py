"""What a transformers model computed of a text, kept in place: the keys and values of each layer's attention."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers.cache_utils import Cache


def kept_states(room: int) -> "Cache":
    """Return a cache for `room` tokens, whose `crop` forgets the last ones.

    transformers' own growing cache copies everything with each token: 1 GiB a token for a 7B model after 2,000 tokens.
    Its static one has no `crop`, and always attends to the whole room.
    """
    from transformers.cache_utils import Cache, DynamicLayer

    class Layer(DynamicLayer):  # type: ignore[misc]
        """Keys and values of one layer: (1, heads, room, width), of which `filled` tokens are there."""

        filled = 0

        def lazy_initialization(self, key_states: "torch.Tensor", value_states: "torch.Tensor") -> None:
            """Make room for keys and values of this form."""
            self.dtype, self.device = key_states.dtype, key_states.device
            self.keys, self.values = (
                states.new_empty((*states.shape[:-2], room, states.shape[-1])) for states in (key_states, value_states)
            )
            self.is_initialized = True

        def update(
            self, key_states: "torch.Tensor", value_states: "torch.Tensor", *_: object, **__: object
        ) -> tuple["torch.Tensor", "torch.Tensor"]:
            """Add states behind the others, and return all."""
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            start, self.filled = self.filled, self.filled + key_states.shape[-2]
            self.keys[..., start : self.filled, :] = key_states
            self.values[..., start : self.filled, :] = value_states
            return self.keys[..., : self.filled, :], self.values[..., : self.filled, :]

        def get_seq_length(self) -> int:
            """Return how many tokens are there."""
            return self.filled

        def crop(self, tokens_to_remove: int) -> None:
            """Forget the last tokens, as many as a negative number says."""
            self.filled += tokens_to_remove

        def reset(self) -> None:
            """Forget all, and keep the room."""
            self.filled = 0

    return Cache(layer_class_to_replicate=Layer)
