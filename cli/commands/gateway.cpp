#include "truckee/cli/process/service.hpp"
#include "truckee/cli/process/signals.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/http/bind_check.hpp"
#include "truckee/status/server.hpp"

namespace truckee::cli {

namespace {

struct gateway_options {
  std::string listen = "127.0.0.1:0";
  metrics_options metrics;
  std::string status_listen;
};

/// The port of the status page: the option wins over the grid file; nothing: not served.
result<std::unique_ptr<status::server>> serve_status(const gateway_options& o, session& s,
                                                     std::shared_ptr<status::health_check> health) {
  auto where = s.status_listen;
  if (!o.status_listen.empty()) {
    const auto given = parse_address(o.status_listen, true);
    if (!given)
      return tl::unexpected(given.error());
    where = *given;
  }
  if (!where)
    return std::unique_ptr<status::server>{};
  auto out = status::server::start(*where, s.system(), s.gateway(), std::move(health));
  if (out)
    s.screen->print("status: " + (*out)->url() + "\n");
  return out;
}

std::string listed(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts)
    out += (out.empty() ? "" : "; ") + text;
  return out;
}

/// SIGHUP: the grid file is read again. Where it is wrong, all is left as it was.
void take_on_grid(session& s, const global_options& global) {
  const auto refuse = [&s](const std::string& why) {
    logs::say(s.log, logs::events::settings_refused, {{"detail", why}});
    s.screen->print("truckee: nothing is changed: " + why + "\n");
  };
  auto grid = load_grid(global);
  if (!grid)
    return refuse(grid.error().detail);
  // The command line had the last word when it started, and has it now.
  const auto tls = global.tls();
  if (!tls)
    return refuse(tls.error().detail);
  if (*tls)
    grid->tls = *tls;
  const auto used = s.client->use(*grid);
  if (used.refused)
    return refuse(*used.refused);
  const auto changed = listed(used.changed);
  const auto restart = listed(used.needs_restart);
  logs::say(s.log, logs::events::settings_changed, {{"changed", changed}, {"needs_restart", restart}});
  s.screen->print("truckee: " + (changed.empty() ? "nothing is changed" : "changed: " + changed) +
                  (restart.empty() ? "" : "; needs a restart: " + restart) + "\n");
}

result<int> serve(const gateway_options& o, global_options global) {
  block_hangups(); // before there is a thread
  const auto listen = parse_address(o.listen, true);
  if (!listen)
    return tl::unexpected(listen.error());
  if (!global.gateway.empty())
    return fail(errc::usage, "a gateway is a client of its own; --gateway names another one");
  if (auto free = http::listenable(*listen); !free)
    return fail(free.error().code, "cannot listen on " + to_string(*listen) + ": " + free.error().detail);
  global.keys_ready = 4;
  global.log_level = logs::level::info;
  auto session = open_session(global, o.metrics);
  if (!session)
    return tl::unexpected(session.error());
  session->ending->patience = std::chrono::seconds(60); // running operations end well first
  const auto at = session->client->publish(*listen);
  if (!at)
    return tl::unexpected(at.error());
  const auto health = std::make_shared<status::health_check>(
      *at, session->client->owner().tls(), [&client = *session->client]() -> result<void> {
        const auto gateway = client.gateway();
        if (!gateway)
          return fail(errc::unreachable, "the gateway is being started again");
        return status::answers<messages::cancel_answer>(client.system(), gateway, messages::cancel_request{},
                                                        std::chrono::seconds(5));
      });
  const auto page = serve_status(o, *session, health);
  if (!page)
    return tl::unexpected(page.error());
  // The one line on standard output: whoever started this may wait for it.
  announce(to_string(*at));
  const service_notice notice([health] { return health->look(); });
  wait_for_signal([&] { take_on_grid(*session, global); });
  session->screen->print("truckee: stopping; running operations end first\n");
  logs::say(session->log, logs::events::stopping, {{"reason", "signal"}});
  global.ending->log = session->log;
  return exit_ok;
}

} // namespace

void add_gateway(CLI::App& app, program& p) {
  auto o = std::make_shared<gateway_options>();
  auto* cmd = app.add_subcommand(
      "gateway",
      "truckee gateway --grid grid.toml --listen 127.0.0.1:4400\n"
      "truckee put report.pdf --gateway 127.0.0.1:4400 > report.cap\n\n"
      "Runs a client for other programs until SIGINT or SIGTERM. It keeps connections to the servers\n"
      "and fresh keys, and serves CAF peers, who publish and read by messages. Whoever may connect may\n"
      "use it. On SIGHUP it reads its grid file again and says what it took on.");
  add_listen(*cmd, o->listen);
  add_metrics(*cmd, o->metrics, "Serve Prometheus metrics");
  cmd->add_option("--status-listen", o->status_listen, "Serve the status page and health (loopback only)")
      ->type_name("ADDRESS:PORT");
  cmd->callback([&p, o] { p.run = [&p, o] { return finish(serve(*o, p.options)); }; });
}

} // namespace truckee::cli
