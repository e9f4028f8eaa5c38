#!/usr/bin/env python3
"""Re-introduces plausible bugs into the decisions and the actors, one at a time, and shows which test catches each.

Examples: tests/simulation/mutations.py build/release
          tests/simulation/mutations.py build/release "deadline ignored" "nobody rescues"

Needs a finished build of the tests and the explorer (truckee_explore) named below in that directory. Changes no file of the checkout.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

# The tests that watch over a room.
TESTS = {
    "grid": ("truckee_grid_tests", "truckee_simulation_tests"),
    "actors": ("truckee_actors_tests", "truckee_actor_simulation_tests"),
    "storage": ("truckee_storage_tests",),
}

# name, file, what stands there, what stands there in the mutant
MUTATIONS = [
    ("no re-homing", "grid/publish/in_place.cpp",
     "homeless_shares(tables.goal(), n); !homeless.empty())",
     "homeless_shares(tables.goal(), n); !homeless.empty() && tables.messages_sent() == 0)"),
    ("bad shares tested as if nothing were there", "grid/publish/write_message.cpp",
     "bad && !bad->seen.empty())", "bad && bad->seen.size() > 1000)"),
    ("surprise ignored", "grid/publish/in_place.cpp",
     "    tables.add_surprise({place, expected, found});\n  else\n    tables.add_hidden({place, expected, found});",
     "    return;"),
    ("unknown treated as failed", "grid/publish/in_place.cpp",
     "  case write_outcome_kind::unknown:\n  case write_outcome_kind::malformed:\n    lose_track(tables, sent);",
     "  case write_outcome_kind::unknown:\n  case write_outcome_kind::malformed:"),
    ("own earlier copy treated as a conflict", "grid/publish/surprise.cpp",
     "  if (version && *version == view.ours)\n    return verdict::ours;", ""),
    ("happiness ignored", "grid/publish/in_place.cpp",
     "happiness(tables.placed()) >= tables.asked().happy;", "true;"),
    ("stale treated as a conflict", "grid/publish/surprise.cpp",
     "  if (harmless(view, expected, *version))\n    return verdict::stale;",
     "  if (harmless(view, expected, *version))\n    return verdict::conflict;"),
    ("placed recorded before the answer", "grid/publish/publish_tables.cpp",
     "    sent_.insert(place);", "    sent_.insert(place);\n    placed_.insert(place);"),
    ("map stops early", "grid/read/map_update.cpp",
     "    if (!map_.answered(server))\n      return false;", "    if (!map_.answered(server))\n      continue;"),
    ("deadline ignored", "grid/publish/publish_loop.cpp",
     "void publish_loop::deadline_passed() {\n  if (!finished())", "void publish_loop::deadline_passed() {\n  if (false)"),
    ("loop limit ignored", "grid/publish/publish_loop.cpp",
     "++turns_ > tables_.asked().limits.publish_turns_max", "++turns_ > 1000000"),
    ("versions the map knows may be replaced everywhere", "grid/publish/surprise.cpp",
     "    const auto readable = map.recoverable_versions();\n    view.settled = {readable.begin(), readable.end()};",
     "    view.settled = map.versions();"),
    ("hidden versions pass as stale", "grid/publish/surprise.cpp",
     "  return verdict::hidden;\n}", "  return verdict::stale;\n}"),
    ("hidden versions are accusations", "grid/publish/surprise.cpp",
     "  return verdict::hidden;\n}", "  return verdict::conflict;\n}"),
    ("sequence number not above our own late writes", "grid/file/write_operation.cpp",
     "  for (const auto& version : earlier)\n    highest = std::max(highest, version.sequence);", "  (void)earlier;"),
    ("nobody rescues", "grid/file/write_operation.cpp",
     "return best ? tell() : rescue();", "return tell();"),
    ("our half-written version is applied again", "grid/file/write_operation.cpp",
     "return change_.whole && last_sent_ && map_.best() == last_sent_;", "return false;"),
    ("an append below another's version is not recognised", "grid/file/own_versions.cpp",
     "    if (ours.after->begins(content))\n      return presence::contained;\n", ""),
    ("whatever stands beside ours is not built on it", "grid/file/own_versions.cpp",
     "return ours.readable && ours.version.sequence < found.sequence;", "return false;"),
    ("what may have landed is told as not applied", "grid/file/own_versions.cpp",
     "return landed ? effect::may_be_applied : effect::not_applied;", "return effect::not_applied;"),
    ("no resend to a server that lost a message", "grid/publish/in_place.cpp",
     "++resends_[server] > tables.asked().limits.resends_per_server_max", "true"),
    ("answers that contradict themselves are believed", "grid/publish/write_message.cpp",
     "if (out.kind == write_outcome_kind::written && !tests.all_pass)", "if (false)"),
    ("repair picks a head by itself", "grid/file/repair_plan.cpp",
     "  if (!force)\n", "  if (!force && map.mode() == map_mode::read)\n"),
    ("servers asked without a bound", "grid/read/map_update.cpp",
     "    if (asking_.size() >= in_flight_max)\n", "    if (asking_.size() >= 10 * in_flight_max)\n"),
    ("shares fetched without a bound", "grid/read/retrieve_plan.cpp",
     " && fetching_.size() < limits_.fetches_in_flight_max)", ")"),
    ("a kept map is trusted whatever its tests say", "grid/publish/in_place.cpp",
     "    return on_test_failed(tables, sent, outcome);",
     "    return tables.asked().kept_map ? on_written(tables, sent, {}) : on_test_failed(tables, sent, outcome);"),
    ("what the tests on a kept map find is ignored", "grid/publish/in_place.cpp",
     "  if (tables.asked().kept_map)\n    assumed_wrong_", "  if (false)\n    assumed_wrong_"),
    ("a stale kept map is an accusation", "grid/file/write_operation.cpp",
     "  const bool stale = action_.kept && !settled;", "  const bool stale = false;"),
    ("what a stale kept map placed is forgotten", "grid/file/write_operation.cpp",
     "  if (!report.readable) { // nobody can have built on what was sent",
     "  result_.sent.clear();\n  if (true) {"),
    ("servers that a kept map takes for empty are not looked at", "grid/publish/in_place.cpp",
     "    if (tables.map().shares_on(server).empty())\n      tables.look_again(server);",
     "    (void)server;"),
    ("a map with trouble in it is kept", "grid/file/kept_map.cpp",
     "  return whole && seen && ", "  return (whole || seen) && "),
    ("deadline not armed", "actors/publish/publish_coordinator.cpp",
     "continuation{[this] { on_stop(errc::timeout); }});", "continuation{[] {}});"),
    ("unknown told as never sent", "actors/publish/share_writer.cpp",
     "grid::transport_failure(answer.how == delivery::unknown,", "grid::transport_failure(false,"),
    ("grants outlive their asker", "actors/publish/byte_budget.cpp",
     "    if (sender)\n      self_->watch(", "    if (false)\n      self_->watch("),
    ("stop forgotten at the end of a publish", "actors/operations/file_writer.cpp",
     "      if (stopped_ && !operation_->done())", "      if (false)"),
    ("cancel ignored", "actors/operations/file_writer.cpp",
     "      send(self_, coordinator_, stop{reason});", "      (void)reason;"),
    ("repair gives up at a hidden version", "grid/file/repair_plan.cpp",
     "publishes < limits.write_tries_max", "publishes < 1"),
    ("acknowledged before the share's bytes are on the disk", "storage/disk_change.cpp",
     "  wishes_.push_back({.file = file.get(), .bytes = bytes});\n", "  (void)bytes;\n"),
    ("acknowledged before the share's name is on the disk", "storage/disk_change.cpp",
     "  wishes_.push_back({.directory = flip_.live.parent_path()});\n", "  succeed();\n"),
    ("acknowledged before the names in a new slot are on the disk", "storage/disk_change.cpp",
     "  wishes_.push_back({.directory = work_});\n", ""),
    ("acknowledged before the folder of a new slot is on the disk", "storage/disk_change.cpp",
     "  wishes_.push_back({.directory = store_.shares_});\n", ""),
    ("a sync that failed is acknowledged", "storage/staged_change.cpp",
     "        worst = std::move(done.results[next]);", "        continue;"),
    ("strict: one server fewer confirms", "grid/strict/strict_setting.cpp",
     "  out.confirming_ = servers;",
     "  out.confirming_ = servers > 1 ? servers - 1 : servers;"),
    ("strict: no barrier", "grid/strict/strict_order.cpp",
     "  if (strict::needs_barrier(task_.known) && !tables.asked().new_file)\n    begin_sealing();",
     "  if (false)\n    begin_sealing();"),
    ("strict: tests shares that are there only", "grid/strict/strict_order.cpp",
     "    all[share] = {share, share_step::test_only, no_share{}};",
     "    if (const auto mine = ours_.find(server); mine != ours_.end() && std::ranges::find(mine->second, share) != mine->second.end())\n      all[share] = {share, share_step::test_only, no_share{}};"),
    ("strict: tests do not cover signatures", "grid/strict/strict_order.cpp",
     "  if (!sealed)\n    return {};\n  return {{at,",
     "  if (!sealed || at > 0)\n    return {};\n  return {{at,"),
    ("strict: a barrier that excludes nothing", "grid/strict/rules.cpp",
     "  return map.setting().confirmed_by(behind_barrier(map, sealed)) &&\n",
     "  return map.setting().confirmed_by(behind_barrier(map, sealed)) ||\n"),
    ("strict: seals a share that is not the greatest", "grid/strict/rules.cpp",
     "(!greatest || *version > *greatest)) {",
     "(!greatest || *version < *greatest)) {"),
    ("strict: retires what is not confirmed", "grid/strict/rules.cpp",
     "  const auto safe = greatest_on_enough(map);\n  out.erase(",
     "  const auto safe = base(map);\n  out.erase("),
    ("strict: nothing is purged", "grid/strict/strict_order.cpp",
     "    doomed_ = strict::purgeable(task_.known, sealed_, base_);\n",
     ""),
    ("strict: own late barriers are another writer's", "grid/strict/strict_order.cpp",
     "task_.own_seals.contains(seal_of(seen.subspan(task_.seal_at))))", "task_.own_seals.size() > 1000000)"),
    ("strict: a map is cut short where there is no room", "grid/strict/rules.cpp",
     "newer_partials(map).empty() && has_room(map);", "newer_partials(map).empty();"),
    ("strict: a confirmed read looks at its base only", "grid/file/confirmation.cpp",
     "strict::confirmed(slots))", "strict::base(slots))"),
    ("strict: a confirmed read never publishes", "grid/file/confirmation.cpp",
     "if (!may_write_ || ", "if (may_write_ || "),
    ("strict: a kept map is trusted whatever its tests say", "grid/strict/strict_order.cpp",
     "    return on_test_failed(tables, sent, outcome);",
     "    return tables.asked().kept_map ? on_written(tables, sent) : on_test_failed(tables, sent, outcome);"),
    ("strict: messages on a kept map test nothing", "grid/strict/strict_order.cpp",
     "    out.push_back(message_to(server));",
     "    auto message = message_to(server);\n    if (tables.asked().kept_map)\n      std::erase_if(message.shares, [](const auto& planned) { return planned.step == share_step::test_only; });\n    out.push_back(message);"),
    ("strict: a stale kept map is an accusation", "grid/strict/strict_order.cpp",
     "return tables.asked().kept_map ? publish_end::kept_map_stale : publish_end::uncoordinated_write;",
     "return publish_end::uncoordinated_write;"),
    ("strict: what a stale kept map sent is forgotten", "grid/file/strict_write.cpp",
     "    result_.kept = kept_map_use::stale;\n",
     "    result_.kept = kept_map_use::stale;\n    result_.own.clear();\n"),
    ("strict: a message under way leaves nothing", "grid/strict/strict_order.cpp",
     "  for (const auto& server : awaited_) {\n    const auto known = task_.known.slots().find(server);\n",
     "  for (const auto& server : std::set<server_id>()) {\n    const auto known = task_.known.slots().find(server);\n"),
    ("strict: fills in what is not confirmed", "grid/strict/rules.cpp",
     " || greatest_on_enough(map) != version)", " || !map.recoverable(version))"),
    ("strict: fills in what has something while a greater version may be confirmed", "grid/strict/rules.cpp",
     "if (lesser && (certain || slot.empty()))", "if (lesser || (certain && slot.empty()))"),
    ("strict: fills in though not all have been heard", "grid/strict/rules.cpp",
     "  if (map.slots().size() < map.setting().all_servers().size() || ", "  if ("),
    ("strict: who is stuck is not told to repair", "grid/file/strict_write.cpp",
     "looked ? hindrance(slots_, wish_.server_name) : std::nullopt", "looked ? std::optional<std::string>() : std::nullopt"),
    ("strict: what was written over comes again", "grid/file/own_versions.cpp",
     "!extends && ours.base_stays", "false"),
    ("strict: a neighbour opens the file to every setting", "grid/file/strict_write.cpp",
     "sealed->note->setting != setting.neighbour())", "!setting.neighbour())"),
    ("strict: while a server is exchanged both sets decide", "grid/strict/slot_map.cpp",
     "      continue; // it does not decide\n", "      (void)server;\n"),
    ("strict: while a server is exchanged one set is enough beside every stage", "grid/strict/strict_setting.cpp",
     "out.counts_alone_ = alone && hash_of(*alone) == out.neighbour();", "out.counts_alone_ = alone.has_value();"),
    ("strict: while a server is exchanged the old set fills", "grid/strict/strict_setting.cpp",
     "out.counts_alone_ = alone && hash_of(*alone) == out.neighbour();", "out.counts_alone_ = !alone;"),
    ("strict: the stages of an exchange look alike", "grid/strict/writer_note.cpp",
     "  if (const auto& shared = setting.shared()) {", "  if (const auto& shared = setting.shared(); shared && setting.rounds() > 2) {"),
    ("strict: a server that has just come must take the barrier", "grid/strict/rules.cpp",
     "  return map.setting().confirmed_by(behind_barrier(map, sealed)) &&\n",
     "  return map.setting().confirmed_by(sealed) &&\n"),
    ("strict: the one of a place has numbers that the other does not", "grid/strict/rules.cpp",
     "        for (const auto& server : members_[*holder_[number]])",
     "        for (const auto& server : {members_[*holder_[number]].front()})"),
    ("strict: number above the base only", "grid/strict/rules.cpp",
     "    verified = std::max(verified, version.sequence);",
     "    verified = map.recoverable(version) ? std::max(verified, version.sequence) : verified;"),
]


# What only exhaustion finds: the same, and what tests/model explores (its options) to find it.
EXPLORED = [
    ("strict: tests do not cover signatures, explored", "grid/strict/strict_order.cpp",
     "  if (!sealed)\n    return {};\n  return {{at,",
     "  if (!sealed || at > 0)\n    return {};\n  return {{at,",
     ["--k", "2", "--n", "4", "--servers", "4", "--clients", "w w", "--crashes", "1"]),
    ("strict: a barrier without the sum", "grid/strict/rules.cpp",
     "         std::ranges::all_of(partials,\n                             [&](const file_version& version) { return excluded(map, sealed, version); });",
     "         partials.size() < 1000;",
     ["--k", "2", "--n", "3", "--servers", "3", "--clients", "w w", "--crashes", "1"]),
    ("strict: an empty slot gets nothing while a greater version may be confirmed", "grid/strict/rules.cpp",
     "if (lesser && (certain || slot.empty()))", "if (lesser && certain)",
     ["--k", "2", "--n", "3", "--servers", "3", "--empty", "1", "--clients", "w w f", "--crashes", "1"]),
    ("strict: fills in beside something greater", "grid/strict/rules.cpp",
     "    const bool lesser = std::ranges::all_of(slot,",
     "    const bool lesser = slot.empty() || std::ranges::any_of(slot,",
     ["--k", "2", "--n", "3", "--servers", "3", "--empty", "1", "--clients", "w w f", "--crashes", "1"]),
]


def compile_command(build, source):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if entry["file"].endswith("/" + source):
            return entry["command"], entry["directory"]
    sys.exit(f"{source} is not in {build}/compile_commands.json")


def link_command(build, target, output):
    lines = subprocess.run(["ninja", "-C", str(build), "-t", "commands", target], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    for line in reversed(lines):
        if "-o tests/" in line and line.split("-o ")[-1].split()[0].endswith(output):
            return line
    sys.exit(f"{build} has no {target}")


def compile_mutant(build, work, source, changed):
    """Why it does not compile, or nothing."""
    root = pathlib.Path(__file__).resolve().parents[2]
    mutant = work / pathlib.Path(source).name
    mutant.write_text(changed)
    command, directory = compile_command(build, source)
    # What is not used any more is no error.
    command = re.sub(r" -o \S+", f" -Wno-error -o {work}/mutant.o", command)
    command = re.sub(r" -M\S+( \S+\.o(\.d)?)?", "", command.replace(f"{root}/{source}", str(mutant)))
    built = subprocess.run(command, shell=True, cwd=directory, capture_output=True, text=True)
    return "does not compile: " + built.stderr.splitlines()[0] if built.returncode else ""


def link_mutant(build, work, target, output):
    """Why it does not link, or nothing."""
    link = re.sub(r" -o (\S+)", f" {work}/mutant.o -o {work}/{target}", link_command(build, target, output), count=1)
    link = re.split(r" && cd .*cmake", link)[0]
    linked = subprocess.run(link, shell=True, cwd=build, capture_output=True, text=True)
    return "does not link: " + linked.stderr.splitlines()[-1] if linked.returncode else ""


def explore_mutant(build, work, options):
    why = link_mutant(build, work, "truckee_explore", "/model")
    if why:
        return why
    try:
        ran = subprocess.run([f"{work}/truckee_explore", *options], capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return ""
    broken = re.search(r"^broken: (.*)$", ran.stdout, re.M)
    if not broken:
        return f"model: ends with {ran.returncode}" if ran.returncode else ""
    states = re.findall(r"\| (\d+) \| \d+ \| [\d.]+ \|", ran.stdout)
    return f"model {' '.join(options)}: {broken[1]} ({states[-1]} states)"


def test_mutant(build, work, targets):
    """What catches it first; the rest is not asked, so that all bugs take minutes."""
    for target in targets:
        why = link_mutant(build, work, target, target)
        if why:
            return why
        try:
            ran = subprocess.run([f"{work}/{target}"], capture_output=True, text=True, timeout=600)
            failed = re.findall(r"^\[  FAILED  \] (\S+?)(?: \(|,|$)", ran.stdout, re.M)
            if failed:
                return f"{target}: {failed[0]}" + (f" and {len(set(failed)) - 1} more" if len(set(failed)) > 1 else "")
            if ran.returncode:
                return f"{target}: ends with {ran.returncode}"
        except subprocess.TimeoutExpired:
            return f"{target}: does not end"
    return ""


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = pathlib.Path(sys.argv[1]).resolve()
    root = pathlib.Path(__file__).resolve().parents[2]
    survivors = 0
    print("| bug | caught by |\n|---|---|")
    chosen = sys.argv[2:]
    bugs = [(*bug, None) for bug in MUTATIONS] + EXPLORED
    for unknown in set(chosen) - {name for name, *_ in bugs}:
        sys.exit(f'there is no bug "{unknown}"')
    for name, source, old, new, options in bugs:
        if chosen and name not in chosen:
            continue
        text = (root / source).read_text()
        if text.count(old) != 1:
            sys.exit(f"{name}: {source} has the original text {text.count(old)} times, not once")
        with tempfile.TemporaryDirectory() as place:
            work = pathlib.Path(place)
            caught = compile_mutant(build, work, source, text.replace(old, new))
            if not caught:
                caught = explore_mutant(build, work, options) if options else test_mutant(build, work, TESTS[source.split("/")[0]])
        survivors += not caught or caught.startswith("does not")
        print(f"| {name} | {caught or '**nothing**'} |", flush=True)
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
