"""A policy as an ONNX model, with its normalisation and its action box inside."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from jax.extend.core import ClosedJaxpr, Literal

from tuner.errors import TunerError, UserError
from tuner.optional import require
from tuner.policies._policy import Policy

OPSET = 17
"""The set of ONNX operators that is used; runtimes since 2022 know it."""
_IR_VERSION = 8
"""The file format that came with that set of operators."""
_TOLERANCE = 1e-5
"""How far the model's actions may be from the policy's, in shares of the largest."""
_CHECKED_OBSERVATIONS = 64
_INSTALL = "pip install 'sac-tuner[onnx]'"

_Array = npt.NDArray[Any]
_Value = str | _Array
"""A value of the graph by its name, or one that does not depend on the observations."""


def onnx_model(policy: Policy) -> bytes:
    """Return a policy as an ONNX model, which has been run and compared with the policy.

    Input `observations`, float32 of shape (robots, observation_dim), as the task gives them. Output `actions`, float32
    of shape (robots, action_dim), in the task's own units and without exploration, as `Policy.act` returns them: clip
    those of a policy that does not squash its actions to the task's own box. The model's metadata name the task, the
    algorithm and the policy's action box.

    Raises:
        UserError: if `onnx` or `onnxruntime` is not installed, or the policy's network computes something that cannot
            be translated.
        TunerError: if the model's actions are not the policy's.
    """
    onnx = require("onnx", "exporting a policy as ONNX", _INSTALL)
    runtime = require("onnxruntime", "checking an exported policy", _INSTALL)
    graph = _Graph(onnx)
    normalized = _normalize(graph, policy)
    actions = _scale(graph, policy, _act(graph, policy, normalized))
    graph.add("Identity", actions, output="actions")
    model: bytes = graph.model(policy).SerializeToString()
    _check(runtime.InferenceSession(model), policy)
    return model


class _Graph:
    """An ONNX graph as it grows.

    Args:
        onnx: the module.
    """

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def add(self, operator: str, *inputs: _Value, output: str | None = None, **attributes: Any) -> str:
        """Add a node; return its output's name."""
        name = output or f"{operator.lower()}_{len(self._nodes)}"
        names = [value if isinstance(value, str) else self._constant(value) for value in inputs]
        self._nodes.append(self._onnx.helper.make_node(operator, names, [name], **attributes))
        return name

    def cast(self, value: _Value, kind: npt.DTypeLike) -> str:
        """Add a conversion to another type."""
        return self.add("Cast", value, to=self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind)))

    def _constant(self, value: _Array) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(np.asarray(value), name))
        return name

    def model(self, policy: Policy) -> Any:
        """Return the model, without the nodes that nothing needs."""
        helper, float32 = self._onnx.helper, self._onnx.TensorProto.FLOAT
        nodes, needed = [], {"actions"}
        for node in reversed(self._nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
                nodes.append(node)
        graph = helper.make_graph(
            nodes[::-1],
            "policy",
            [helper.make_tensor_value_info("observations", float32, ["robots", *policy.agent.observation_space.shape])],
            [helper.make_tensor_value_info("actions", float32, ["robots", *policy.agent.action_space.shape])],
            [constant for constant in self._constants if constant.name in needed],
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="sac-tuner")
        space = policy.agent.action_space
        helper.set_model_props(
            model,
            {
                "task": policy.task.id,
                "simulator": policy.task.simulator,
                "algorithm": policy.config.algorithm,
                "action_low": json.dumps(space.low.tolist()),
                "action_high": json.dumps(space.high.tolist()),
            },
        )
        self._onnx.checker.check_model(model)
        return model


def _normalize(graph: _Graph, policy: Policy) -> str:
    """Add the normalisation, in float64 as training computes it; return the network's input."""
    known = policy.normalization
    if known is None:
        return "observations"
    exact = graph.cast("observations", np.float64)
    scaled = graph.add("Div", graph.add("Sub", exact, known.mean), np.sqrt(known.var + known.epsilon))
    return graph.cast(graph.add("Clip", scaled, np.float64(-known.clip), np.float64(known.clip)), np.float32)  # type: ignore[arg-type]


def _scale(graph: _Graph, policy: Policy, actions: str) -> str:
    """Add what SBX's `predict` does after the network: a squashed action fills the box, another one is clipped."""
    space = policy.agent.action_space
    if not policy.agent.policy.squash_output:
        return graph.add("Min", graph.add("Max", actions, space.low), space.high)
    inside = graph.add("Clip", actions, np.float32(-1), np.float32(1))  # type: ignore[arg-type]
    share = graph.add("Mul", graph.add("Add", inside, np.float32(1)), np.float32(0.5))  # type: ignore[arg-type]
    return graph.add("Add", graph.add("Mul", share, space.high - space.low), space.low)


def _act(graph: _Graph, policy: Policy, observations: str) -> str:
    """Add the network, as JAX traces it; return its deterministic actions."""
    actor, dim = policy.agent.policy, policy.agent.observation_space.shape
    sizes = {size for leaf in jax.tree.leaves(actor.actor_state) for size in np.shape(leaf)}
    robots = 1 + max(*sizes, *dim)  # a number that is no other size: wherever it stands is the number of robots
    traced = jax.make_jaxpr(lambda given: actor._predict(given, deterministic=True))(
        np.zeros((robots, *dim), np.float32)
    )
    (actions,) = _Translation(graph, robots).outputs(traced, [observations])
    if not isinstance(actions, str):
        raise UserError("The policy's actions do not depend on its observations, so there is nothing to export.")
    return actions


class _Translation:
    """Adds what JAX has traced to a graph, operation by operation; what does not need observations is computed now.

    Args:
        graph: the graph.
        robots: the number of robots with which it was traced.
    """

    def __init__(self, graph: _Graph, robots: int) -> None:
        self._graph = graph
        self._robots = robots

    def outputs(self, traced: ClosedJaxpr, inputs: Sequence[_Value]) -> list[_Value]:
        """Return a traced function's outputs for these inputs."""
        values: dict[Any, _Value] = dict(zip(traced.jaxpr.constvars, map(np.asarray, traced.consts), strict=True))
        values.update(zip(traced.jaxpr.invars, inputs, strict=True))

        def value_of(atom: Any) -> _Value:
            return np.asarray(atom.val) if isinstance(atom, Literal) else values[atom]

        for equation in traced.jaxpr.eqns:
            found = self._apply(equation, [value_of(atom) for atom in equation.invars])
            values.update(zip(equation.outvars, found, strict=True))
        return [value_of(atom) for atom in traced.jaxpr.outvars]

    def _apply(self, equation: Any, inputs: list[_Value]) -> list[_Value]:
        inner = next((equation.params[key] for key in ("jaxpr", "call_jaxpr") if key in equation.params), None)
        if inner is not None:  # a function that was compiled, or has a derivative of its own
            return self.outputs(inner, inputs)
        constants = [value for value in inputs if not isinstance(value, str)]
        if len(constants) == len(inputs):
            primitive: Any = equation.primitive
            return [np.asarray(primitive.bind(*constants, **equation.params))]
        inputs = [value if isinstance(value, str) else self._of_one_robot(value) for value in inputs]
        name = equation.primitive.name
        if name in _OPERATORS:
            return [self._graph.add(_OPERATORS[name], *self._alike(inputs))]
        if name not in _RULES:
            raise UserError(
                f"The policy's network computes '{name}', which cannot be exported as ONNX. Export the configuration "
                "instead, with --format sbx."
            )
        return [_RULES[name](self, equation, inputs)]

    def _of_one_robot(self, value: _Array) -> _Array:
        """Return a constant that JAX has repeated for every robot once, so that it fits any number of them."""
        for axis, size in enumerate(value.shape):
            if size == self._robots:
                value = value.take([0], axis)
        return value

    @staticmethod
    def _alike(inputs: list[_Value]) -> list[_Value]:
        """Return the inputs with Python's own numbers in float32: ONNX wants one type."""
        return [value if isinstance(value, str) else value.astype(np.float32) for value in inputs]

    def _shape(self, shape: Sequence[int], robots: int) -> _Array:
        """Return a shape in which the number of robots is written as `robots`."""
        return np.array([robots if size == self._robots else size for size in shape], dtype=np.int64)

    def reshape(self, equation: Any, inputs: list[_Value]) -> str:
        """Add a change of shape, also the removal of a dimension."""
        return self._graph.add("Reshape", inputs[0], self._shape(equation.outvars[0].aval.shape, -1))

    def broadcast(self, equation: Any, inputs: list[_Value]) -> str:
        """Add new dimensions, and repeat along all of them but the robots': numbers of robots agree by themselves."""
        shape, kept = equation.params["shape"], equation.params["broadcast_dimensions"]
        given = dict(zip(kept, equation.invars[0].aval.shape, strict=True))
        unsqueezed = [given.get(i, 1) for i in range(len(shape))]
        reshaped = self._graph.add("Reshape", inputs[0], self._shape(unsqueezed, -1))
        return self._graph.add("Expand", reshaped, self._shape(shape, 1))

    def multiply(self, equation: Any, inputs: list[_Value]) -> str:
        """Add a product of matrices; networks contract the last axis of their input with the first of their weights."""
        if equation.params["dimension_numbers"] != (((1,), (0,)), ((), ())):
            raise UserError("The policy's network multiplies other than by matrices, which cannot be exported as ONNX.")
        return self._graph.add("MatMul", *inputs)

    def total(self, equation: Any, inputs: list[_Value]) -> str:
        """Add a sum over some axes, which disappear."""
        axes = np.array(equation.params["axes"], dtype=np.int64)
        return self._graph.add("ReduceSum", inputs[0], axes, keepdims=0)

    def select(self, _equation: Any, inputs: list[_Value]) -> str:
        """Add a choice between two values; JAX names the one for False first."""
        condition, otherwise, then = inputs
        return self._graph.add("Where", condition, *self._alike([then, otherwise]))

    def convert(self, equation: Any, inputs: list[_Value]) -> str:
        """Add a conversion to another type."""
        return self._graph.cast(inputs[0], equation.params["new_dtype"])

    def power(self, equation: Any, inputs: list[_Value]) -> str:
        """Add a power with a whole exponent."""
        return self._graph.add("Pow", inputs[0], np.float32(equation.params["y"]))  # type: ignore[arg-type]

    def square(self, _equation: Any, inputs: list[_Value]) -> str:
        """Add a square."""
        return self._graph.add("Mul", inputs[0], inputs[0])

    def inverse_root(self, _equation: Any, inputs: list[_Value]) -> str:
        """Add 1 / √x."""
        return self._graph.add("Reciprocal", self._graph.add("Sqrt", inputs[0]))

    def exponential_minus_one(self, _equation: Any, inputs: list[_Value]) -> str:
        """Add exp(x) − 1; near zero, where it loses digits, its error is that of a float32 next to 1."""
        return self._graph.add("Sub", self._graph.add("Exp", inputs[0]), np.float32(1))  # type: ignore[arg-type]


_OPERATORS = {
    **{"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "neg": "Neg", "abs": "Abs"},
    **{"max": "Max", "min": "Min", "gt": "Greater", "ge": "GreaterOrEqual", "lt": "Less", "le": "LessOrEqual"},
    **{"tanh": "Tanh", "logistic": "Sigmoid", "exp": "Exp", "log": "Log", "sqrt": "Sqrt"},
}
"""Operations of JAX that ONNX has too, by JAX's names."""
_RULES: dict[str, Callable[[_Translation, Any, list[_Value]], str]] = {
    "broadcast_in_dim": _Translation.broadcast,
    "convert_element_type": _Translation.convert,
    "dot_general": _Translation.multiply,
    "expm1": _Translation.exponential_minus_one,
    "integer_pow": _Translation.power,
    "reduce_sum": _Translation.total,
    "reshape": _Translation.reshape,
    "rsqrt": _Translation.inverse_root,
    "select_n": _Translation.select,
    "square": _Translation.square,
    "squeeze": _Translation.reshape,
}
"""Operations of JAX that take more than one of ONNX."""


def _check(session: Any, policy: Policy) -> None:
    """Compare the model with the policy, on observations as large as those that it has seen.

    Raises:
        TunerError: if their actions differ.
    """
    known, dim = policy.normalization, policy.agent.observation_space.shape
    drawn = np.random.default_rng(0).normal(size=(_CHECKED_OBSERVATIONS, *dim))
    observations = drawn if known is None else known.mean + 2 * np.sqrt(known.var) * drawn
    observations = observations.astype(np.float32)
    (exported,) = session.run(["actions"], {"observations": observations})
    expected = policy.act(observations)
    error = float(np.max(np.abs(exported - expected))) / float(np.max(np.abs(expected)))
    if not error <= _TOLERANCE:  # NaN is an error too
        raise TunerError(
            f"The exported policy's actions differ from the policy's by {error:.1e} of the largest, more than "
            f"{_TOLERANCE:g}. Please report this with the network of its configuration."
        )
