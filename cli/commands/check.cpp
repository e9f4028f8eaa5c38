#include "truckee/base/text.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/as_json.hpp"
#include "truckee/cli/terminal/report.hpp"
#include "truckee/status/json_text.hpp"

#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

struct check_options : operation_options {
  bool verify = false;
  bool add_lease = false;
};

int check(const check_options& o, const global_options& global) {
  auto file = open_file(o, global, o.add_lease ? purpose::write : purpose::read);
  if (!file)
    return complain(file.error());
  check_request request;
  request.cap = file->cap.view();
  request.timeout_ms = o.timeout_ms();
  request.verify = o.verify;
  request.add_lease = o.add_lease;
  const auto reply = ask<check_reply>(file->session, std::move(request), o.verify ? "verification" : "check");
  if (!reply.ok) {
    if (global.json)
      give(status::json_text(with_format(as_json(reply), file->cap.view())));
    return complain(reply.failure);
  }
  const int code = !reply.recoverable ? exit_not_enough : reply.healthy ? exit_ok : exit_failure;
  const int given = give(
      global.json ? status::json_text(with_format(as_json(reply), file->cap.view())) : text_of(reply), code);
  if (!reply.recoverable)
    tell("truckee: asked was " + escaped(file->session.where) + "\n");
  return given;
}

void add(CLI::App& app, program& p, const std::string& name, bool verify, const std::string& description) {
  auto o = std::make_shared<check_options>();
  o->verify = verify;
  auto* cmd = app.add_subcommand(name, description);
  add_cap_file(*cmd, *o, "File with any capability of the file; '-': standard input");
  cmd->add_flag("--add-lease", o->add_lease, "Renew or add this client's lease on every share");
  add_timeout(*cmd, *o);
  add_metrics(*cmd, o->metrics);
  cmd->callback([&p, o] { p.run = [&p, o] { return check(*o, p.options); }; });
}

} // namespace

void add_check(CLI::App& app, program& p) {
  add(app, p, "check", false,
      "truckee check --cap-file report.cap\n\n"
      "Says which shares of which version are on which server. Exit code 0: healthy; 1: recoverable,\n"
      "but something is missing, old or damaged; 4: no version can be read.");
  add(app, p, "verify", true,
      "truckee verify --cap-file report.cap\n\n"
      "Like check, and reads every byte of every share. With a write capability the private key in\n"
      "each share is proved too. Same exit codes.");
}

} // namespace truckee::cli
