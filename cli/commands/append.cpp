#include "truckee/cli/session/inputs.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/as_json.hpp"
#include "truckee/cli/terminal/report.hpp"
#include "truckee/status/json_text.hpp"

#include <nlohmann/json.hpp>

namespace truckee::cli {

using namespace messages;

namespace {

struct append_options : operation_options {
  std::string operation;
  std::string file = "-";
};

int append(const append_options& o, const global_options& global) {
  if (o.cap_file == "-" && o.file == "-")
    return complain(
        {errc::usage,
         "standard input cannot be both the data and the capability; name a file for one of them"});
  if (auto kept = keep_inputs(o, global, o.file); !kept)
    return complain(kept.error());
  auto cap = read_cap(o.cap_file);
  if (!cap)
    return complain(cap.error());
  auto data = read_publication(o.file);
  if (!data)
    return complain(data.error());
  auto session = open_session(global, {});
  if (!session)
    return complain(session.error());
  const bool nothing = data->empty();
  append_request request;
  request.write_cap = cap->view();
  request.data = std::move(*data);
  request.timeout_ms = o.timeout_ms();
  const auto named = read_operation_id(o.operation);
  if (!named)
    return complain(named.error());
  request.operation = *named;
  const auto start = std::chrono::steady_clock::now();
  const auto reply = ask<publish_reply>(*session, std::move(request), "append");
  int given = exit_ok;
  if (global.json)
    given = give(status::json_text(with_format(as_json(reply), cap->view())));
  else if (reply.ok && nothing)
    tell("nothing to append; nothing was written\n");
  else if (reply.ok || !reply.servers.empty())
    summarize(reply, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return reply.ok ? given : complain_of(reply, !global.gateway.empty());
}

} // namespace

void add_append(CLI::App& app, program& p) {
  auto o = std::make_shared<append_options>();
  auto* cmd = app.add_subcommand(
      "append",
      "truckee append news.txt --cap-file log.cap\n"
      "date | truckee append --cap-file log.cap\n\n"
      "Adds data at the end of a file. Reads, appends and publishes; when somebody else wrote\n"
      "meanwhile, backs off and starts over on top of what they wrote, so that both writers' data is\n"
      "kept.");
  cmd->add_option("FILE", o->file, "What to append; '-' or nothing: standard input");
  add_cap_file(*cmd, *o, "File with the write capability; '-': standard input");
  add_operation_id(*cmd, o->operation);
  add_timeout(*cmd, *o);
  cmd->callback([&p, o] { p.run = [&p, o] { return append(*o, p.options); }; });
}

} // namespace truckee::cli
