"""The whole stack of one checkout, or a private one of a test: up, down and everything between."""

import asyncio
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from devstack import (
    jars,
    kafka,
    postgres,
    postgres_with_tls,
    processes,
    s3,
    services,
    topics,
)
from devstack.component import Component, NotReadyError
from devstack.credentials import credentials
from devstack.crew import Crew, Job, together
from devstack.endpoints import Endpoints, S3Endpoint, Service, WhatsApp, publish
from devstack.failure import StackError
from devstack.locks import UNLOCKED, Locks
from devstack.ports import LOOPBACK, free_port, is_free
from devstack.proxies import Proxies
from devstack.site import Site
from domain.topics import ALL

INFRA = ("kafka", "postgres", "s3")
PROGRAMS = (services.SIMULATOR, *services.SERVICES, services.LOOKUPS)
_KAFKA_CONTROLLER = "kafka-controller"


def _silence(_what: str, _done: int, _total: int) -> None:
    return


@dataclass(frozen=True)
class Status:
    """How one process fares; `address` is where it listens."""

    name: str
    condition: str
    pid: int | None
    address: str
    started_at: float | None
    note: str | None = None
    """What it says besides."""


class Stack:
    """All operations block; different processes may call them at once, they queue.

    Every operation raises StackError, one line for a person, when it cannot be done; then nothing
    runs that did not run before.
    """

    def __init__(
        self,
        root: Path,
        run: Path | None = None,
        *,
        report: jars.Report = _silence,
        patience_s: float = 90,
        proxies: Proxies | None = None,
        variables: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        locks: Locks = UNLOCKED,
    ) -> None:
        """`variables` are more of them for a service, by its name; `locks` are never remembered."""
        self.site = Site(root, run or root / ".run")
        self._report = report
        self._proxies = proxies
        self._variables = variables
        self._locks = locks
        self._crew = Crew(self.site, patience_s=patience_s)

    def up(self) -> Endpoints:
        """Bring up everything; heals what died, resumes what is paused, leaves alone what runs."""
        with self._crew.at_work():
            return self._bring_up((*INFRA, *PROGRAMS, *self._extra()))

    def infra(self) -> Endpoints:
        """Bring up Kafka with its topics, PostgreSQL and S3 alone."""
        return self.start(*INFRA)

    def start(self, *names: str, wait: bool = True) -> Endpoints:
        """Start these unless they run; `wait=False` returns before they are ready."""
        with self._crew.at_work():
            return self._bring_up([self.known(name) for name in names], wait=wait)

    def stop(self, *names: str) -> None:
        """Stop these in good order."""
        with self._crew.at_work():
            known = [self.known(name) for name in names]
            together(self._ending(name) for name in known if name in self._crew.state.processes)
            if self._crew.state.ports:
                self._publish()

    def restart(self, name: str) -> Endpoints:
        """Stop one and start it again at the same address."""
        self.stop(name)
        return self.start(name)

    def kill(self, name: str) -> None:
        """End one at once, as a crash would; `up` or `start` brings it back."""
        self._on_running(name, processes.kill)

    def pause(self, name: str) -> None:
        """Freeze one with all its descendants: it keeps its connections and answers nothing."""
        self._on_running(name, processes.pause)

    def resume(self, name: str) -> None:
        """Let a paused one go on."""
        self._on_running(name, processes.resume)

    def scale(self, service: str, instances: int, *, wait: bool = True) -> Endpoints:
        """Run exactly so many instances of a service: `session-core`, `session-core-2`, ..."""
        if service not in services.SERVICES:
            raise StackError(f"{service} cannot be scaled; {', '.join(services.SERVICES)} can")
        if instances < 1:
            raise StackError(f"at least one {service} stays; `devstack stop {service}` stops it")
        wanted = [service, *(f"{service}-{n}" for n in range(2, instances + 1))][:instances]
        with self._crew.at_work():
            running = [n for n in self._crew.state.processes if services.service_of(n) == service]
            together(self._ending(name) for name in running if name not in wanted)
            return self._bring_up(wanted, wait=wait)

    def down(self, *, wipe: bool = False) -> None:
        """End every process of this stack, remembered or not; `wipe` also removes its data."""
        with self._crew.at_work():
            names = list(self._crew.state.processes)
            together(self._ending(name) for name in names if name not in INFRA)
            together(self._ending(name) for name in names if name in INFRA)
            self._crew.end_everything()
            processes.end_dwellers(postgres.home(self._postgres).data)
            postgres.tidy(self._postgres, wipe=wipe)
            self.site.endpoints.unlink(missing_ok=True)
            if wipe:
                self._wipe()

    def status(self, only: str | None = None) -> list[Status]:
        """Tell how every process fares, or this one, also where it should run and does not."""
        self._crew.look()
        names = (*INFRA, *PROGRAMS, *self._extra()) if only is None else (self.known(only),)
        return [self._status(name) for name in names]

    def dead(self) -> list[str]:
        """Name what was started, was not stopped, and does not live any more."""
        with self._crew.at_work():
            return [n for n in self._crew.state.processes if not self._crew.is_alive(n)]

    def known(self, name: str) -> str:
        """Return the name by which a process is known here. Raises StackError for any other."""
        first = services.service_of(name) if name.endswith("-1") else name
        if first in INFRA + PROGRAMS or services.service_of(first) in services.SERVICES:
            return first
        raise StackError(f"there is no {name}; there are {', '.join(INFRA + PROGRAMS)}")

    def endpoints(self) -> Endpoints:
        """Return the addresses of everything that was ever started."""
        self._crew.look()
        if not self._crew.state.ports:
            raise StackError("nothing was started yet; `devstack up` does it")
        return self._endpoints()

    def environment(self, service: str) -> dict[str, str]:
        """Return the variables with which this service runs, to run a command of its own."""
        known = self.known(service)
        if known not in PROGRAMS:
            raise StackError(f"{service} has no commands; {', '.join(PROGRAMS)} have")
        self.endpoints()
        return self._environment(known)

    def _extra(self) -> list[str]:
        return [name for name in self._crew.state.processes if name not in INFRA + PROGRAMS]

    @property
    def _installed(self) -> postgres.Installation:
        if self._locks.postgres is None:
            return postgres.WHEEL
        return postgres_with_tls.installation(self._report)

    @property
    def _postgres(self) -> Path:
        return self.site.data / "postgres"

    def _bring_up(self, names: Iterable[str], *, wait: bool = True) -> Endpoints:
        names = list(dict.fromkeys(names))
        self._settle_ports(names)
        if "postgres" in names:
            postgres.settle(self._postgres, self._installed)
        with self._crew.undoing_on_failure():
            together(self._starting(name, wait=wait) for name in names if name in INFRA)
            together(self._groundwork(names) if wait else [])
            together(self._starting(name, wait=wait) for name in names if name not in INFRA)
        return self._publish()

    def _groundwork(self, names: Iterable[str]) -> list[Job]:
        jobs: list[Job] = []
        cores = [name for name in names if services.service_of(name) == "session-core"]
        if "kafka" in names:
            jobs.append(lambda _abort: asyncio.run(topics.create(self._addresses().kafka, ALL)))
        if not all(self._crew.is_alive(name) for name in cores):
            jobs.append(lambda _abort: services.migrate(self.site, self._environment(cores[0])))
        return jobs

    def _starting(self, name: str, *, wait: bool) -> Job:
        def job(abort: threading.Event) -> None:
            self._crew.ensure(self._component(name), abort, wait=wait)

        return job

    def _ending(self, name: str) -> Job:
        return lambda _abort: self._crew.end(self._component(name))

    def _on_running(self, name: str, act: Callable[[processes.Identity], None]) -> None:
        with self._crew.at_work():
            known = self.known(name)
            if not self._crew.is_alive(known):
                raise StackError(f"{known} does not run")
            act(self._crew.state.processes[known].identity)

    def _status(self, name: str) -> Status:
        who = self._crew.state.processes.get(name)
        address = f"{LOOPBACK}:{self._crew.state.ports[name]}" if who else ""
        if who is None:
            return Status(name, "stopped", None, address, None)
        pid = who.identity.pid
        if who.api_port:
            address += f", API {LOOPBACK}:{who.api_port}"
        condition, note = self._condition(name)
        return Status(name, condition, pid, address, who.started_at, note)

    def _condition(self, name: str) -> tuple[str, str | None]:
        identity = self._crew.state.processes[name].identity
        if not processes.is_alive(identity):
            return "died", None
        if processes.is_paused(identity):
            return "paused", None
        found: list[tuple[str, str | None]] = []
        together([lambda _abort: found.append(_readiness(self._component(name)))])
        return found[0]

    def _settle_ports(self, names: Iterable[str]) -> None:
        state = self._crew.state
        if not any(self._crew.is_alive(name) for name in state.processes):
            state.ports = {name: port for name, port in state.ports.items() if is_free(port)}
        if self._proxies:
            state.ports["postgres"] = self._proxies.postgres.behind
        for name in (*INFRA, _KAFKA_CONTROLLER, *PROGRAMS, *names):
            if name not in state.ports:
                state.ports[name] = free_port(set(state.ports.values()))
        self._crew.save()

    def _component(self, name: str) -> Component:
        keys = credentials(self.site.secrets)
        port = self._crew.state.ports[name]
        match name:
            case "kafka":
                return kafka.component(
                    port=port,
                    controller_port=self._crew.state.ports[_KAFKA_CONTROLLER],
                    data=self.site.data / "kafka",
                    cluster_id=keys.kafka_cluster_id,
                    class_path=partial(jars.class_path, jars.KAFKA, self._report),
                    detour=self._proxies.kafka if self._proxies else None,
                    locks=self._locks,
                )
            case "postgres":
                return postgres.component(
                    port=port,
                    home=postgres.home(self._postgres, self._installed),
                    password=keys.postgres_password,
                    log=self.site.log(name),
                    certificate=self._locks.postgres,
                )
            case "s3":
                return s3.component(
                    port=port,
                    data=self.site.data / "s3",
                    keys=keys,
                    class_path=partial(jars.class_path, jars.S3PROXY, self._report),
                    keystore=self._locks.s3,
                )
            case _:
                env = self._environment(name)
                return services.component(name, port=port, env=env, exported=os.environ)

    def _environment(self, name: str) -> dict[str, str]:
        usual = services.environment(
            name,
            port=self._crew.state.ports[name],
            addresses=self._through_proxies(self._addresses()),
            keys=credentials(self.site.secrets),
            root=self.site.root,
        )
        return {**usual, **self._variables.get(services.service_of(name), {})}

    def _through_proxies(self, direct: services.Addresses) -> services.Addresses:
        if self._proxies is None:
            return direct
        return replace(
            direct,
            kafka=f"{LOOPBACK}:{self._proxies.kafka.proxy}",
            postgres=postgres.dsn(
                self._proxies.postgres.proxy, credentials(self.site.secrets).postgres_password
            ),
        )

    def _addresses(self) -> services.Addresses:
        ports, keys = self._crew.state.ports, credentials(self.site.secrets)
        return services.Addresses(
            kafka=f"{LOOPBACK}:{ports['kafka']}",
            postgres=postgres.dsn(ports["postgres"], keys.postgres_password),
            s3=s3.url(ports["s3"], encrypted=self._locks.s3 is not None),
            simulator=_url(ports[services.SIMULATOR]),
            ingress=_url(ports["ingress"]),
        )

    def _publish(self) -> Endpoints:
        known = self._endpoints()
        publish(self.site.endpoints, known)
        return known

    def _endpoints(self) -> Endpoints:
        addresses, keys = self._addresses(), credentials(self.site.secrets)
        return Endpoints(
            ingress=addresses.ingress,
            simulator=addresses.simulator,
            kafka=addresses.kafka,
            postgres=addresses.postgres,
            s3=S3Endpoint(
                endpoint_url=addresses.s3,
                bucket=s3.BUCKET,
                access_key_id=keys.s3_access_key_id,
                secret_access_key=keys.s3_secret_access_key,
            ),
            whatsapp=WhatsApp(
                app_secret=keys.app_secret,
                verify_token=keys.verify_token,
                access_token=keys.access_token,
                phone_number_id=keys.phone_number_id,
                graph_url=addresses.simulator,
                business_account_id=services.BUSINESS_ACCOUNT_ID,
                app_id=services.APP_ID,
            ),
            services=self._running_services(),
        )

    def _running_services(self) -> dict[str, Service]:
        state = self._crew.state
        return {
            name: Service(
                pid=who.identity.pid,
                url=_url(state.ports[name]),
                api=_url(who.api_port) if who.api_port else None,
            )
            for name, who in state.processes.items()
            if services.service_of(name) in services.SERVICES
        }

    def _wipe(self) -> None:
        for folder in (self.site.data, self.site.log("any").parent):
            shutil.rmtree(folder, ignore_errors=True)
        self.site.secrets.unlink(missing_ok=True)
        self.site.state.unlink(missing_ok=True)


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _readiness(component: Component) -> tuple[str, str | None]:
    try:
        return "ready", component.ready()
    except NotReadyError:
        return "not ready", None
