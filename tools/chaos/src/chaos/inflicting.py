"""Lets the faults of a plan happen to a running stack, each at its time, and heals what it hit."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from chaos.schedule import BEFORE, Fault
from devstack.failure import StackError
from devstack.stack import Stack
from devstack.wire import Wire

HELD_S = 4.0
"""Seconds for which a call, or the answer to it, is held back for its caller to be killed."""
MOST_PATIENCE_S = 3.0
"""Seconds to wait for such a call."""
LIMIT_S = 60.0
"""Seconds after which an operation on the stack is no fault of ours any more."""


class Inflicting:
    """Runs faults side by side; what one of them finds broken already is healed all the same."""

    def __init__(
        self,
        stack: Stack,
        wires: dict[str, Wire],
        simulator: httpx.AsyncClient,
        *,
        tell: Callable[[str], None],
    ) -> None:
        self._stack = stack
        self._wires = wires
        self._weather = Weather(simulator)
        self._tell = tell
        self.done: list[Fault] = []
        self.died: Counter[str] = Counter()
        """Processes that ended although nobody had told them to."""
        self._down: set[str] = set()

    async def run(self, faults: Sequence[Fault]) -> None:
        """Return when all faults happened and are over."""
        begin = time.monotonic()
        guarding = asyncio.create_task(self._guard())
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                await asyncio.sleep(max(0.0, begin + fault.at - time.monotonic()))
                group.create_task(self._inflict(fault))
        guarding.cancel()
        await asyncio.gather(guarding, return_exceptions=True)

    async def heal(self) -> None:
        """Let everything through, clear the weather, and bring everything up until it is ready."""
        for wire in self._wires.values():
            wire.closed, wire.drop_answers = False, 0
        await asyncio.to_thread(self._stack.up)
        await self._weather.clear()

    async def _inflict(self, fault: Fault) -> None:
        self._tell(str(fault))
        match fault.kind:
            case "kill":
                await self._down_for(fault, self._stack.kill)
            case "restart":
                await self._down_for(fault, self._stack.stop)
            case "pause":
                await self._act(self._stack.pause, fault.target)
                await asyncio.sleep(fault.lasts)
                await self._act(self._stack.resume, fault.target)
            case "scale":
                await self._act(_scaled(self._stack, fault.number), fault.target)
            case "cut":
                self._wires[fault.target].cut()
            case "hide-answers":
                self._wires[fault.target].drop_answers += fault.number
            case "shut-out":
                await self._shut_out(self._wires[fault.target], fault.lasts)
            case "kill-amid-calls":
                await self._kill_amid_calls(fault)
            case _:
                await self._weather.change(fault)
                await asyncio.sleep(fault.lasts)
                await self._weather.end(fault)
        self.done.append(fault)

    async def _down_for(self, fault: Fault, end: Callable[[str], Any]) -> None:
        self._down.add(fault.target)
        await self._act(end, fault.target)
        await asyncio.sleep(fault.lasts)
        await self._act(_started(self._stack), fault.target)
        self._down.discard(fault.target)
        if fault.target == "simulator":
            await self._weather.again()

    async def _kill_amid_calls(self, fault: Fault) -> None:
        """Kill whoever calls while a call of theirs is under way, before or after it is taken."""
        await self._weather.change(fault)
        calls = await self._weather.calls_that_wait(MOST_PATIENCE_S)
        self._tell(f"         {fault.target} is killed amid {calls} calls")
        killed = asyncio.create_task(self._down_for(fault, self._stack.kill))
        await asyncio.sleep(HELD_S / 2)
        await self._weather.end(fault)
        await killed

    async def _shut_out(self, wire: Wire, lasts: float) -> None:
        wire.closed = True
        wire.cut()
        await asyncio.sleep(lasts)
        wire.closed = False

    async def _act(self, act: Callable[[str], Any], target: str) -> None:
        try:
            await asyncio.to_thread(act, target)
        except StackError as failure:
            self._tell(f"         {target}: {failure}")

    async def _guard(self) -> None:
        """Start again what ended by itself, as an orchestrator would."""
        while True:
            await asyncio.sleep(1.0)
            for name in await asyncio.to_thread(self._stack.dead):
                if name not in self._down:
                    self.died[name] += 1
                    self._tell(f"         {name} ended by itself and is started again")
                    await self._act(_started(self._stack), name)


class Weather:
    """How the platform misbehaves now; it forgets when it is killed, we do not."""

    def __init__(self, simulator: httpx.AsyncClient) -> None:
        self._simulator = simulator
        self._faults: dict[str, dict[str, dict[str, Any]]] = {}

    async def change(self, fault: Fault) -> None:
        """Begin one more misbehaviour."""
        self._faults[fault.kind] = misbehaviour(fault)
        await self.again()

    async def end(self, fault: Fault) -> None:
        """End it."""
        self._faults.pop(fault.kind, None)
        await self.again()

    async def clear(self) -> None:
        """End all of them."""
        self._faults.clear()
        await self.again()

    async def again(self) -> None:
        """Tell the platform, which may be away for a while."""
        async with asyncio.timeout(LIMIT_S):
            while not await self._told():  # noqa: ASYNC110 - it is asked again and again
                await asyncio.sleep(0.3)

    async def calls_that_wait(self, limit_s: float) -> int:
        """Return how many calls, or answers to them, are held once one is; 0 after the limit."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                stats = (await self._simulator.get("/simulator/stats")).json()
            except httpx.HTTPError:
                stats = {"calls": {"waiting": 0}}
            waiting: int = stats["calls"]["waiting"]
            if waiting:
                return waiting
            await asyncio.sleep(0.05)
        return 0

    async def _told(self) -> bool:
        together: dict[str, dict[str, Any]] = {}
        for one in self._faults.values():
            for part, what in one.items():
                together[part] = {**together.get(part, {}), **what}
        try:
            answer = await self._simulator.put("/simulator/faults", json=together)
        except httpx.HTTPError:
            return False
        return answer.is_success


def misbehaviour(fault: Fault) -> dict[str, dict[str, Any]]:
    """Return what of the simulator's faults a fault of ours sets."""
    number = fault.number
    match fault.kind:
        case "webhooks":
            ways = {"duplicate": 0.3, "reorder": 0.2, "delay_s": 0.5, "batch": number}
            return {"webhooks": ways}
        case "sends" | "late-failures":
            later = fault.kind == "late-failures"
            return {"sends": {"error_code": number, "share": 0.2, "later": later}}
        case "stop":
            return {"sends": {"error_code": number, "share": 1.0}}
        case "lost-answers":
            return {"sends": {"lost": 0.3}}
        case "lost-calls":
            return {"sends": {"unreached": 0.3}}
        case "slow-answers":
            return {"sends": {"latency_s": float(number)}}
        case "kill-amid-calls":
            return {"sends": {"hold_s" if number == BEFORE else "latency_s": HELD_S}}
        case "throttle":
            return {"limits": {"per_second": float(number)}}
        case "pair-limit":
            return {"limits": {"pair_burst": float(number), "pair_seconds": 3.0}}
        case "late-statuses":
            return {"statuses": {"delay_s": float(number)}}
        case "lost-statuses":
            return {"statuses": {"drop": 0.5}}
        case _:
            return {"crm": {"status": number}}


def _started(stack: Stack) -> Callable[[str], Any]:
    return lambda name: stack.start(name, wait=False)


def _scaled(stack: Stack, number: int) -> Callable[[str], Any]:
    return lambda service: stack.scale(service, number, wait=False)
