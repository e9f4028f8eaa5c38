#include "truckee/base/text.hpp"
#include "truckee/cli/session/repair_all.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/as_json.hpp"
#include "truckee/cli/terminal/report.hpp"
#include "truckee/status/json_text.hpp"

#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

int repair(const repair_all_options& o, const global_options& global) {
  if (o.cap_file.empty() == o.list.empty())
    return complain({errc::usage, "give --cap-file for one file, or --all for the files of a list"});
  if (o.list.empty() && !o.journal.empty())
    return complain({errc::usage, "--resume is for --all: a repair of one file has nothing to go on with"});
  if (!o.list.empty())
    return repair_all(o, global);
  auto file = open_file(o, global);
  if (!file)
    return complain(file.error());
  repair_request request;
  request.write_cap = file->cap.view();
  request.force = o.force;
  request.timeout_ms = o.timeout_ms();
  const auto start = std::chrono::steady_clock::now();
  const auto reply = ask<repair_reply>(file->session, std::move(request), "repair");
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  int given = exit_ok;
  if (global.json) {
    given = give(status::json_text(with_format(as_json(reply), file->cap.view())));
  } else if (reply.before.ok) {
    tell("before: " + escaped(reply.before.summary) + "\n");
    if (!reply.ok)
      give(text_of(reply.before));
    if (reply.done == repair_action::nothing && reply.ok)
      tell(reply.before.healthy
               ? "nothing to repair\n"
               : "nothing that a repair can mend now: repair again when all servers answer\n");
    if (reply.done == repair_action::refilled)
      tell("shares were put back at the same version\n");
    if (reply.done == repair_action::republished)
      tell("the content was published again as a higher version\n");
    if (reply.done != repair_action::nothing)
      summarize(reply.write, took);
  }
  return reply.ok ? given : complain(reply.failure);
}

} // namespace

void add_repair(CLI::App& app, program& p) {
  auto o = std::make_shared<repair_all_options>();
  auto* cmd = app.add_subcommand(
      "repair",
      "truckee repair --cap-file report.cap\n"
      "truckee repair --all ours.caps --resume ours.done\n\n"
      "Puts missing and damaged shares back. It reads every byte of every share first, then makes the\n"
      "missing ones again at the same version where it can, and publishes the content again where it\n"
      "must. Refuses to choose between two versions without --force.\n"
      "--all: the files of a list, four at a time, with a line for each; a line with '#' in front is a\n"
      "remark. Exit code 4 where nothing failed, and files are left that can only be mended when more\n"
      "servers answer.");
  cmd->add_option("--cap-file", o->cap_file, "File with the write capability; '-': standard input")
      ->type_name("FILE");
  cmd->add_option("--all", o->list, "File with write capabilities, one a line; '-': standard input")
      ->type_name("FILE");
  cmd->add_option(
         "--resume", o->journal,
         "With --all: keep in this file what is done, and go on from there. It has storage indexes, no "
         "capabilities, and holds for one grid file")
      ->type_name("FILE");
  cmd->add_flag("--force", o->force, "Keep the best version that can be read, and lose the other");
  cmd->add_option("--timeout", o->timeout, "Give up after so many seconds; with --all, each file")
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS");
  cmd->callback([&p, o] { p.run = [&p, o] { return repair(*o, p.options); }; });
}

} // namespace truckee::cli
