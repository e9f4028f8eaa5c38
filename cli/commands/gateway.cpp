#include "truckee/api/server.hpp"
#include "truckee/api/token.hpp"
#include "truckee/base/content_limit.hpp"
#include "truckee/base/text.hpp"
#include "truckee/cli/process/service.hpp"
#include "truckee/cli/process/signals.hpp"
#include "truckee/cli/session/inputs.hpp"
#include "truckee/cli/session/session.hpp"
#include "truckee/cli/terminal/changes.hpp"
#include "truckee/http/listening_socket.hpp"
#include "truckee/metrics/turned_away.hpp"
#include "truckee/status/server.hpp"

namespace truckee::cli {

namespace {

struct gateway_options {
  std::string listen = "127.0.0.1:0";
  bool any_user = false;
  metrics_options metrics;
  std::string status_listen;
  std::string http_listen, http_token_file;
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
  auto out = status::server::start(
      *where, s.system(), [&client = *s.client] { return client.gateway(); }, std::move(health));
  if (out)
    s.screen->print("status: " + (*out)->url() + "\n");
  return out;
}

/// Ends after the client: until then it has answers to bring.
struct http_door {
  std::shared_ptr<shutdown> ending;
  std::unique_ptr<api::server> serves = {};
  ~http_door() { ending->keep(std::move(serves)); }
};

/// The HTTP API: options win over the grid file; nothing: not served.
result<void> serve_http(const gateway_options& o, session& s, http_door& door) {
  auto how = s.http;
  if (!o.http_listen.empty()) {
    const auto given = settings::parse_http_place(o.http_listen);
    if (!given)
      return tl::unexpected(given.error());
    how.listen = *given;
  }
  if (!o.http_token_file.empty())
    how.token_file = o.http_token_file;
  if (!how.listen)
    return {};
  api::server_options options{.listen = *how.listen, .content_bytes_max = longest_content};
  if (std::holds_alternative<address>(*how.listen)) {
    if (how.token_file.empty()) {
      const auto home = data_home();
      if (!home)
        return tl::unexpected(home.error());
      how.token_file = *home / "truckee" / "http-token";
    }
    auto token = api::token_in(how.token_file, system_random());
    if (!token)
      return tl::unexpected(token.error());
    warn_of_readers(how.token_file.string(), "the token of the HTTP port");
    options.token = std::move(*token);
  }
  options.gateway = [&client = *s.client] { return client.gateway(); };
  const auto metrics = s.client->metrics();
  auto& counts = metrics->http();
  options.rejected = [metrics, &counts,
                      told = std::make_shared<metrics::turned_away>("http", s.log)](http::rejection why) {
    counts.refused(why);
    told->tell(why);
  };
  options.answered = [metrics, &counts](const api::answered_call& x) {
    counts.answered(metrics::http_method_of(x.method), x.status, x.received, x.sent);
  };
  options.connections = [metrics, &counts](std::size_t open) { counts.connections_are(open); };
  auto started = api::server::start(s.system(), std::move(options));
  if (!started)
    return tl::unexpected(started.error());
  door.serves = std::move(*started);
  const auto at = settings::to_string(door.serves->listening());
  s.screen->print("http: " + escaped(at) +
                  (how.token_file.empty() || !std::holds_alternative<address>(*how.listen)
                       ? ""
                       : ", token in " + escaped(how.token_file.string())) +
                  "\n");
  logs::say(s.log, logs::events::listening, {{"what", "http"}, {"address", at}, {"tls", false}});
  return {};
}

/// The grid file as it is now. The command line had the last word when the gateway started, and has it still.
result<settings::grid_config> read_grid_again(const global_options& global) {
  auto grid = load_grid(global);
  if (!grid)
    return grid;
  const auto tls = global.tls();
  if (!tls)
    return tl::unexpected(tls.error());
  if (*tls)
    grid->tls = *tls;
  return grid;
}

/// SIGHUP: the log file is opened and the grid file read again. Where that is wrong, all is left as it was.
void take_on_grid(session& s, const global_options& global) {
  reopen(s.log, *s.screen);
  const auto grid = read_grid_again(global);
  if (!grid)
    logs::say(s.log, logs::events::settings_refused,
              {{"by", "this process"}, {"detail", grid.error().detail}});
  // What was taken on, or not, is in the gateway's log.
  const auto used = grid ? s.client->use(*grid) : messages::grid_in_use{.refused = grid.error().detail};
  if (used.refused)
    return s.screen->print("truckee: nothing is changed: " + *used.refused + "\n");
  s.screen->print(change_words(used.changed, used.needs_restart));
}

result<int> serve(const gateway_options& o, global_options global) {
  block_hangups(); // before there is a thread
  const auto listen = parse_address(o.listen, true);
  if (!listen)
    return tl::unexpected(listen.error());
  if (!global.gateway.empty())
    return fail(errc::usage, "a gateway is a client of its own; --gateway names another one");
  if (auto free = http::listen_on(*listen); !free)
    return fail(free.error().code, "cannot listen on " + to_string(*listen) + ": " + free.error().detail);
  global.keys_ready = 4;
  global.log_level = logs::level::info;
  // Not the options themselves: what they keep for the end would be kept by what ends.
  if (!global.grid_file.empty()) {
    auto file = global;
    file.ending = nullptr;
    global.read_grid = [file] { return read_grid_again(file); };
  }
  http_door door{global.ending};
  auto session = open_session(global, o.metrics);
  if (!session)
    return tl::unexpected(session.error());
  session->ending->patience = std::chrono::seconds(60); // running operations end well first
  const auto at = session->client->publish(*listen, o.any_user);
  if (!at)
    return tl::unexpected(at.error());
  const auto health = std::make_shared<status::health_check>(
      session->client->porter(), *at, session->tls, [&client = *session->client]() -> result<void> {
        const auto gateway = client.gateway();
        if (!gateway)
          return fail(errc::unreachable, "the gateway is being started again");
        return status::answers<messages::cancel_answer>(client.system(), gateway, messages::cancel_request{},
                                                        std::chrono::seconds(5));
      });
  const auto page = serve_status(o, *session, health);
  if (!page)
    return tl::unexpected(page.error());
  if (auto served = serve_http(o, *session, door); !served)
    return tl::unexpected(served.error());
  // The one line on standard output: whoever started this may wait for it.
  announce(to_string(*at));
  const service_notice notice([health] { return health->look(); });
  wait_for_signal([&] { take_on_grid(*session, global); });
  if (door.serves)
    door.serves->close();
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
      "use it. On SIGHUP it reads its grid file again and says what it took on; `truckee gateway change`\n"
      "asks for other settings by message.");
  add_listen(*cmd, o->listen, o->any_user);
  add_metrics(*cmd, o->metrics, "Serve Prometheus metrics");
  cmd->add_option("--status-listen", o->status_listen, "Serve the status page and health (loopback only)")
      ->type_name("ADDRESS:PORT");
  cmd->add_option("--http-listen", o->http_listen,
                  "Serve files over HTTP to programs of this machine (docs/http.md): loopback, or unix:PATH")
      ->type_name("ADDRESS:PORT");
  cmd->add_option("--http-token-file", o->http_token_file,
                  "File with what callers of that port have to show; made when absent")
      ->type_name("FILE");
  add_gateway_change(*cmd, p);
  cmd->callback([cmd, &p, o] {
    if (cmd->get_subcommands().empty())
      p.run = [&p, o] { return finish(serve(*o, p.options)); };
  });
}

} // namespace truckee::cli
