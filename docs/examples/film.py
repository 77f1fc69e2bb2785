"""A film: every frame is a task, and one that waits for all of them puts the film together.

    python docs/examples/film.py film.png --frames 12

Each runs `frame.py`. All runs on this machine, on an emulator that executes commands; tasks pass on
their files in a folder, which on the cluster would be a bucket.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from qarnot_domain import Connection, QarnotException
from qarnot_domain.emulator import Emulator

WORK = Path(__file__).resolve().with_name("frame.py")


def make_film(connection: Connection, film: Path, total: int, folder: Path) -> None:
    """Render all frames, each in a task of its own, then assemble them."""
    job = connection.create_job("film", use_dependencies=True)
    job.max_wall_time = "00:10:00"
    job.submit()
    try:
        frames = []
        for number in range(total):
            frame = connection.create_task(f"frame-{number}", "docker-batch", job=job)
            target = str(folder / str(number))
            frame.constants["DOCKER_CMD"] = command("render", str(number), "of", str(total), target)
            frames.append(frame)
        gather = connection.create_task("gather", "docker-batch", job=job)
        sources = [str(folder / str(number)) for number in range(total)]
        gather.constants["DOCKER_CMD"] = command("assemble", str(film), *sources)
        gather.dependencies = frames
        # In two requests: the frames, and what waits for them.
        connection.submit_tasks([gather, *frames])
        job.wait(progress=sys.stderr.isatty())
        connection.refresh([gather, *frames])
        for task in [*frames, gather]:
            if task.state != "Success":
                raise SystemExit(f"{task.name}: {task.state}\n{task.stderr()}")
        print(gather.stdout().strip())
    finally:
        job.delete(forceAbort=True)


def command(*arguments: str) -> str:
    """A command line for the shell that runs a task."""
    return shlex.join([sys.executable, str(WORK), *arguments])


def main() -> None:
    """Make the film on an emulator."""
    parser = argparse.ArgumentParser(description="A film, a task for each frame.")
    parser.add_argument("film", type=Path, help="the PNG file to write")
    parser.add_argument("--frames", type=int, default=12)
    options = parser.parse_args()
    with (
        Emulator(execute=True) as cloud,
        Connection(cluster_url=cloud.url, client_token=cloud.token) as connection,
        TemporaryDirectory() as folder,
    ):
        make_film(connection, options.film.absolute(), options.frames, Path(folder))


if __name__ == "__main__":
    try:
        main()
    except QarnotException as error:
        raise SystemExit(f"film: {error}") from error
