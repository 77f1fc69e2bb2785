"""What the official command line has for jobs, and what stands for it here.

Facts from the public README and sources of qarnot/qarnot-cli.
"""

from __future__ import annotations

from typing import Final

COMPARED: Final = (
    ("`job create`", "`create`", "all of a job is checked before anything is sent; `--wait`"),
    ("`create --name`, `-n`", "the same", ""),
    (
        "`create --shortname`, `-s`",
        "the same",
        "one is made if none is given, so that a lost answer to the creation is resolved",
    ),
    ("`create --pool`", "the same", "a uuid or a shortname, as there"),
    ("`create --is-dependant`, `-d`", "`--use-dependencies`, `-d`", ""),
    (
        "`create --max-wall-time`",
        "the same",
        (
            "`[d.]hh:mm:ss` exactly; shorter forms, where `1:2` is hours and minutes, and dates "
            "are refused"
        ),
    ),
    (
        "`create --file`, `-f`",
        "the same",
        (
            "also standard input; with tasks; a member that is not known is an error instead of "
            "being dropped"
        ),
    ),
    ("none", "`create --completion-ttl`, `--auto-delete`, `--tag`", ""),
    (
        "`job list`",
        "`list`",
        "ordered, limited, on any condition that the API has; pages are asked for as needed",
    ),
    (
        "`job info` (`infos` in the README)",
        "`info`, `infos`",
        "several at once; the number of tasks by state",
    ),
    ("`job abort`", "`terminate`, `abort`", "asks first"),
    ("`job delete`", "`delete`", "asks first; `--force-abort`"),
    (
        "`--id`, `-i`",
        "ids as arguments",
        "several at once; one that matches nothing is an error with a code of its own",
    ),
    (
        "`--name`, `-n`",
        "the same",
        "all jobs of that name, named in the question, instead of the first that comes",
    ),
    ("`--all`, `-a`", "the same", "never by default"),
    ("`--tags` (README)", "`--tag`, `--tag-intersect`", "any of them, or all of them"),
    ("none", "`--state`, `--name-matches`, `--pool`, `--where`", ""),
    (
        "none for jobs",
        "`wait`, `tasks`",
        "`wait` tells by its exit code whether all succeeded, and can be resumed",
    ),
    ("`--format TABLE\\|JSON`", "`--output table\\|json\\|jsonl`", "the forms are documented"),
    ("`--verbose`, `-v`", "the same", "each request and each retry with its reason"),
    ("`--quiet`, `-q`", "the same", "prints the uuids, for the next command"),
    ("`--no-color`", "the same", "also `NO_COLOR`, and in a pipe"),
    (
        "`--token`",
        "`--token-file`, `--config`, `QARNOT_CLIENT_TOKEN`",
        "every user of a machine can read its command lines",
    ),
    ("`--unsafe-ssl`", "`--cluster-unsafe`", ""),
    ("`--api-ca-certificate`", "`--cluster-custom-certificate`", "also a folder"),
    ("`--human-readable`, `-h`", "none", "of sizes, which jobs do not have"),
    (
        "`config`",
        "none: an ini file, or the environment",
        "`doctor` shows what applies, and where it comes from",
    ),
    ("exit codes: none in its README", "nine, documented", ""),
    ("none", "`doctor`, `completion`, `emulator`", ""),
)
"""Theirs, ours, and what differs."""
