"""A real Apache Kafka 4.x in KRaft mode, fetched with Maven and started on free ports."""

import base64
import hashlib
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

POM: Final = Path(__file__).with_name("pom.xml")
CACHE: Final = Path(__file__).resolve().parents[3] / ".cache" / "kafka"
MIN_JAVA: Final = 17
FETCH_TIMEOUT_S: Final = 600
FORMAT_TIMEOUT_S: Final = 60
START_TIMEOUT_S: Final = 60
STOP_TIMEOUT_S: Final = 20
START_ATTEMPTS: Final = 5

# The defaults of a cluster would delete data by its (historic) event time, wait for replicas that
# do not exist, and create any topic a typing error names.
PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{broker_port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={log_dir}
log.retention.ms=-1
log.initial.task.delay.ms=1000
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=4
"""


class ApacheKafkaUnavailableError(Exception):
    """This machine lacks what it takes to run Apache Kafka; the message says what."""


class ApacheKafkaFailedError(Exception):
    """Java and Maven are here, yet Kafka could not be fetched or started; the message says why."""


class _EndedEarlyError(Exception):
    """The broker ended before it answered, most likely because a port was taken meanwhile."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Where Java and Maven are."""

    java: str
    maven: str


def find_tools() -> Tools:
    """
    Look for Java and Maven on the path.

    Raises
    ------
    ApacheKafkaUnavailableError
        One of them is missing or Java is older than 17.
    """
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None or maven is None:
        missing = " and ".join(n for n, p in (("java", java), ("mvn", maven)) if p is None)
        msg = f"Apache Kafka needs Java {MIN_JAVA} and Maven; not on PATH: {missing}"
        raise ApacheKafkaUnavailableError(msg)
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', answer.stderr + answer.stdout)
    if found is None or int(found.group(1)) < MIN_JAVA:
        version = found.group(1) if found else "unknown"
        msg = f"Apache Kafka needs Java {MIN_JAVA}; {java} is version {version}"
        raise ApacheKafkaUnavailableError(msg)
    return Tools(java=java, maven=maven)


def kafka_version() -> str:
    """Return the version the pom names."""
    found = ET.parse(POM).getroot().find(".//{*}kafka.version")  # noqa: S314 - our own file
    if found is None or not found.text:
        msg = f"{POM} names no kafka.version"
        raise ApacheKafkaFailedError(msg)
    return found.text


def fetch_jars(tools: Tools) -> Path:
    """
    Return the folder with Kafka's jars, fetching them once per content of the pom.

    Raises
    ------
    ApacheKafkaFailedError
        Maven ended with an error; its last lines are in the message.
    """
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()[:8]
    jars = CACHE / f"{kafka_version()}-{digest}"
    if jars.is_dir():
        return jars
    CACHE.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="fetching-", dir=CACHE))
    try:
        _run(
            [
                tools.maven,
                "--batch-mode",
                "--file",
                str(POM),
                "dependency:copy-dependencies",
                "-DincludeScope=runtime",
                f"-DoutputDirectory={part}",
            ],
            timeout_s=FETCH_TIMEOUT_S,
        )
        try:
            part.rename(jars)
        except OSError:
            # Another run may have finished the same fetch first; its folder serves as well.
            if not jars.is_dir():
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return jars


class ApacheKafka:
    """
    One broker that is also its controller, with its data in a folder of its own.

    Parameters
    ----------
    tools : Tools
        Java and Maven.
    folder : Path
        Empty folder for configuration, log segments and the broker's own log.
    """

    def __init__(self, tools: Tools, folder: Path) -> None:
        self._tools = tools
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """
        Start the broker and return its bootstrap address once it answers for itself.

        Raises
        ------
        ApacheKafkaFailedError
            It did not answer in time or ended on every attempt; the end of its log is in the
            message.
        """
        classpath = str(fetch_jars(self._tools) / "*")
        ended = ""
        for attempt in range(START_ATTEMPTS):
            try:
                return self._attempt(classpath, self._folder / f"attempt-{attempt}")
            except _EndedEarlyError as error:
                ended = str(error)
        msg = (
            f"Apache Kafka ended {START_ATTEMPTS} times before it answered; its log ends:\n{ended}"
        )
        raise ApacheKafkaFailedError(msg)

    def stop(self) -> None:
        """Stop the broker; it is killed when it has not ended after 20 seconds."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _attempt(self, classpath: str, folder: Path) -> str:
        folder.mkdir(parents=True)
        broker_port, controller_port = _free_ports(2)
        cluster_id = _new_cluster_id()
        properties = folder / "server.properties"
        properties.write_text(
            PROPERTIES.format(
                broker_port=broker_port, controller_port=controller_port, log_dir=folder / "data"
            )
        )
        _run(
            [
                self._tools.java,
                "-cp",
                classpath,
                "kafka.tools.StorageTool",
                "format",
                f"--cluster-id={cluster_id}",
                f"--config={properties}",
            ],
            timeout_s=FORMAT_TIMEOUT_S,
        )
        log = folder / "server.log"
        command = [
            self._tools.java,
            "-Xms128m",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            classpath,
            "kafka.Kafka",
            str(properties),
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        self._process = process
        address = f"127.0.0.1:{broker_port}"
        _wait_until_it_answers(process, address, cluster_id, log)
        return address


def _wait_until_it_answers(
    process: subprocess.Popen[bytes], address: str, cluster_id: str, log: Path
) -> None:
    # Somebody else's broker may have taken the port first: only our cluster id counts.
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _EndedEarlyError(_tail(log))
        try:
            metadata = admin.list_topics(timeout=1)
        except KafkaException:
            continue
        # `str`, because the client's stub declares the attribute as None.
        if str(metadata.cluster_id) == cluster_id and metadata.brokers:
            return
    msg = f"Apache Kafka did not answer within {START_TIMEOUT_S} s; its log ends:\n{_tail(log)}"
    raise ApacheKafkaFailedError(msg)


def _free_ports(count: int) -> list[int]:
    # Held together while asked for, so that they differ; a port lost before the broker binds it
    # ends the broker, and `start` tries again with others.
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(each.getsockname()[1]) for each in held]
    finally:
        for each in held:
            each.close()


def _new_cluster_id() -> str:
    # The leading zero byte keeps the text from starting with a dash.
    return base64.urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).rstrip(b"=").decode()


def _run(command: Sequence[str], timeout_s: int) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        msg = f"{command[0]} did not finish within {timeout_s} s: {' '.join(command)}"
        raise ApacheKafkaFailedError(msg) from error
    if done.returncode != 0:
        msg = (
            f"{command[0]} ended with {done.returncode}: {' '.join(command)}\n{done.stdout[-2000:]}"
        )
        raise ApacheKafkaFailedError(msg)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]
