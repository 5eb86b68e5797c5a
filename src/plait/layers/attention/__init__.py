"""Layers that weigh values by how well a query fits their keys.

May import: what the layers may. Start reading at `attention.py`, then `heads.py`.
"""

from plait.layers.attention.attention import AdditiveAttention as AdditiveAttention
from plait.layers.attention.attention import Attention as Attention
from plait.layers.attention.grouped_query_attention import GroupQueryAttention as GroupQueryAttention
from plait.layers.attention.multi_head_attention import MultiHeadAttention as MultiHeadAttention
