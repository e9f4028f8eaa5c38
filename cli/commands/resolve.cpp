#include "truckee/cli/files/secret_files.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/control/gateway.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

struct resolve_options : operation_options {
  std::string operation;
};

int resolve(const resolve_options& o, const global_options& global) {
  const auto id = read_operation_id(o.operation);
  if (!id)
    return complain(id.error());
  if (o.operation.empty() || global.gateway.empty())
    return complain({errc::usage,
                     "resolve asks a running gateway what became of a write: give --gateway before the "
                     "command, and --operation-id"});
  auto file = open_file(o, global);
  if (!file)
    return complain(file.error());
  const auto reply =
      control::ask(file->session.system(), file->session.gateway(), resolve_request{file->cap.view(), *id});
  const std::string word(!reply.known ? "unknown" : reply.running ? "running" : to_word(reply.became));
  if (global.json)
    std::cout << nlohmann::json{{"effect", word}, {"version", reply.version.value}}.dump(2) << std::endl;
  else
    std::cout << word << std::endl;
  return reply.known && !reply.running && reply.became == effect::applied ? exit_ok : exit_failure;
}

} // namespace

void add_resolve(CLI::App& app, program& p) {
  auto o = std::make_shared<resolve_options>();
  auto* cmd = app.add_subcommand(
      "resolve",
      "truckee resolve --gateway localhost:4456 --cap-file log.cap --operation-id ID\n\n"
      "Asks a running gateway what became of a put or an append: applied, not_applied, may_be_applied,\n"
      "running; unknown where it was not asked for it, has forgotten it, or was started since. Exits\n"
      "with 0 for applied and with 1 otherwise. Ask for the write again under its id to settle it.");
  add_cap_file(*cmd, *o, "File with the write capability; '-': standard input");
  add_operation_id(*cmd, o->operation);
  cmd->callback([&p, o] { p.run = [&p, o] { return resolve(*o, p.options); }; });
}

} // namespace truckee::cli
