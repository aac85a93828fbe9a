"""Models whose opinion of one token is known."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def opinion(causal_model: Callable[..., Path], tmp_path: Path) -> Callable[..., str]:
    """Return a maker of models that find all tokens equally likely, but for one whose output is given."""
    import torch
    from transformers import GPT2LMHeadModel

    def make(name: str, token: int = 0, output: float = 0.0) -> str:
        folder = shutil.copytree(causal_model(), tmp_path / name)
        model = GPT2LMHeadModel.from_pretrained(folder, tie_word_embeddings=False)
        with torch.no_grad():
            model.transformer.ln_f.weight.zero_()
            model.transformer.ln_f.bias.fill_(1 / model.config.n_embd)
            model.lm_head.weight = torch.nn.Parameter(torch.zeros_like(model.lm_head.weight))
            model.lm_head.weight[token] = output
        model.save_pretrained(folder)
        return str(folder)

    return make
