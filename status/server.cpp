#include "truckee/status/server.hpp"

#include "truckee/http/answers.hpp"
#include "truckee/http/listener.hpp"
#include "truckee/status/as_json.hpp"
#include "truckee/status/assets.hpp"
#include "truckee/status/changes.hpp"
#include "truckee/status/json_text.hpp"
#include "truckee/status/markup.hpp"
#include "truckee/status/pages.hpp"

#include <algorithm>
#include <charconv>
#include <httplib.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

namespace truckee::status {

using namespace messages;

namespace {

using namespace http;

std::string problem_json(const std::string& what) {
  return json_text(nlohmann::json{{"error", what}}, json_form::one_line);
}

} // namespace

struct server::state {
  state(caf::actor_system& s, gateway_source g, std::shared_ptr<health_check> h, const server_limits& l)
    : system(s), gateway(std::move(g)), health(std::move(h)), limits(l),
      changes(std::make_shared<change_counter>()), hearing(spawn_change_listener(s, changes)) {}

  ~state() {
    changes->stop();
    web.reset();
    caf::anon_send_exit(hearing, caf::exit_reason::user_shutdown);
  }

  // -- asking the gateway

  template <class Reply, class Request>
  result<Reply> ask(Request question) {
    const auto now = present_gateway();
    return now ? ask_of<Reply>(now, std::move(question))
               : fail(errc::unreachable, "the gateway is being started again");
  }

  template <class Reply, class Request>
  result<Reply> ask_of(const file_gateway& whom, Request question) {
    caf::scoped_actor self(system);
    result<Reply> out = fail(errc::timeout, "no answer");
    request_blocking(
        self, whom, limits.ask_timeout, std::move(question), [&](const Reply& reply) { out = reply; },
        [&](const caf::error& e) { out = tl::unexpected(as_error(e, system)); });
    return out;
  }

  /// Listens to it, where it is another one than before.
  file_gateway present_gateway() {
    auto now = gateway();
    {
      const std::lock_guard lock(mutex);
      if (!now || (heard_of && same_actor(now.address(), heard_of)))
        return now;
      heard_of = now.address();
    }
    changes->begin_anew();
    // Where the gateway has too many subscribers already, pages are true all the same, only not live.
    [[maybe_unused]] const auto accepted = ask_of<subscribe_answer>(now, subscribe{hearing});
    return now;
  }

  // -- answers

  using request = httplib::Request;
  using response = httplib::Response;

  static void fail_with(response& out, bool as_page, int status, const std::string& title,
                        const std::string& why) {
    give(out, status, as_page ? message_page(title, why) : problem_json(why),
         as_page ? html_type : json_type);
  }

  template <class Render>
  void give_status(response& out, bool as_page, Render render) {
    const auto status = ask<status_reply>(status_request{});
    if (status)
      give(out, 200, render(*status), as_page ? html_type : json_type);
    else
      fail_with(out, as_page, 503, "No answer", "The gateway does not answer: " + to_string(status.error()));
  }

  template <class Render>
  void give_operation(const request& in, response& out, bool as_page, Render render) {
    operation_detail_request wanted;
    const auto digits = in.matches[1].str();
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), wanted.operation);
    const auto detail = parsed.ec == std::errc{} ? ask<operation_detail>(wanted) : operation_detail{};
    if (!detail)
      fail_with(out, as_page, 503, "No answer", "The gateway does not answer: " + to_string(detail.error()));
    else if (!detail->found)
      fail_with(out, as_page, 404, "No such operation",
                "There is no operation " + digits.substr(0, 20) + " here: it never was, or is forgotten.");
    else
      give(out, 200, render(*detail), as_page ? html_type : json_type);
  }

  void give_health(response& out) {
    const auto found = health->look();
    give(out, found ? 200 : 503, found ? "alive\n" : found.error().detail + "\n", text_type);
  }

  void give_readiness(response& out) {
    const auto status = ask<status_reply>(status_request{});
    if (!status) {
      give(out, 503, "the gateway does not answer: " + to_string(status.error()) + "\n", text_type);
      return;
    }
    const auto ready = std::ranges::count(status->servers, link_state::ready, &link_report::state);
    const bool enough = ready >= status->defaults.happy;
    give(out, enough ? 200 : 503,
         std::string(enough ? "ready" : "not ready") + ": " + std::to_string(ready) + " of " +
             std::to_string(status->servers.size()) + " servers can be reached, " +
             (status->order == shares_order::strict ? "a strict write needs " : "happy needs ") +
             std::to_string(status->defaults.happy) + "\n",
         text_type);
  }

  static void give_file(const request& in, response& out, std::string_view content, const char* type) {
    // The same for one build of the program; asked again after an hour.
    const auto tag = "\"" + std::to_string(std::hash<std::string_view>{}(content)) + "\"";
    out.set_header("Cache-Control", "max-age=3600");
    out.set_header("ETag", tag);
    if (in.get_header_value("If-None-Match") == tag)
      out.status = 304;
    else
      out.set_content(content.data(), content.size(), type);
  }

  void give_events(response& out) {
    if (streams.fetch_add(1) >= limits.streams_max) {
      --streams;
      out.set_header("Retry-After", "10");
      fail_with(out, false, 503, "", "as many event streams as there may be are open");
      return;
    }
    out.set_header("Cache-Control", "no-store");
    auto seen = std::make_shared<std::uint64_t>(UINT64_MAX); // the first event comes at once
    out.set_chunked_content_provider(
        "text/event-stream",
        [this, seen](std::size_t, httplib::DataSink& sink) { return one_event(*seen, sink); },
        [this](bool) { --streams; });
  }

  /// One event, or a sign of life. While something runs, times move: an event every second.
  bool one_event(std::uint64_t& seen, httplib::DataSink& sink) {
    present_gateway();
    const auto news = changes->wait(seen, std::chrono::seconds(1));
    if (changes->stopped())
      return false;
    std::string text = ": still here\n\n";
    if (news.change != seen || news.running > 0)
      text = "event: change\ndata: {\"change\":" + std::to_string(news.change) +
             ",\"running\":" + std::to_string(news.running) + "}\n\n";
    seen = news.change;
    if (!sink.write(text.data(), text.size()))
      return false;
    std::this_thread::sleep_for(limits.event_pause);
    return true;
  }

  // -- the server

  void route(httplib::Server& server) {
    server.set_pre_routing_handler([](const request& in, response& out) {
      if (refuse_writing(in, out, problem_json("this only shows; use GET or HEAD"), json_type))
        return httplib::Server::HandlerResponse::Handled;
      return httplib::Server::HandlerResponse::Unhandled;
    });
    server.set_error_handler([](const request&, response& out) {
      if (out.body.empty() && out.status == 404)
        fail_with(out, true, 404, "No such page", "There is no such page here.");
    });
    server.Get("/", [this](const request&, response& out) { give_status(out, true, overview_page); });
    server.Get(R"(/operations/(\d+))",
               [this](const request& in, response& out) { give_operation(in, out, true, operation_page); });
    server.Get("/api/status", [this](const request&, response& out) {
      give_status(out, false, [](const status_reply& x) { return as_json(x); });
    });
    server.Get("/api/servers",
               [this](const request&, response& out) { give_status(out, false, servers_as_json); });
    server.Get(R"(/api/operations/(\d+))", [this](const request& in, response& out) {
      give_operation(in, out, false, [](const operation_detail& x) { return as_json(x); });
    });
    server.Get("/events", [this](const request&, response& out) { give_events(out); });
    server.Get("/healthz", [this](const request&, response& out) { give_health(out); });
    server.Get("/readyz", [this](const request&, response& out) { give_readiness(out); });
    server.Get("/status.css",
               [](const request& in, response& out) { give_file(in, out, stylesheet, "text/css"); });
    server.Get("/status.js",
               [](const request& in, response& out) { give_file(in, out, script, "text/javascript"); });
  }

  caf::actor_system& system;
  gateway_source gateway;
  std::mutex mutex;
  caf::actor_addr heard_of; ///< whose changes are heard; guarded by `mutex`
  std::shared_ptr<health_check> health;
  server_limits limits;
  std::shared_ptr<change_counter> changes;
  progress_listener hearing;
  std::atomic<std::size_t> streams = 0;
  std::unique_ptr<http::listener> web; ///< last: its threads use the rest
};

server::server(std::unique_ptr<state> s) : state_(std::move(s)) {}
server::~server() = default;

result<std::unique_ptr<server>> server::start(const address& listen, caf::actor_system& system,
                                              gateway_source gateway, std::shared_ptr<health_check> health,
                                              server_limits limits) {
  if (!listen.is_loopback())
    return fail(errc::refused,
                "status: refusing to listen on " + to_string(listen) +
                    ": the page has no login. Listen on 127.0.0.1, and reach it by an SSH tunnel or a "
                    "reverse proxy with a login");
  auto s = std::make_unique<state>(system, std::move(gateway), std::move(health), limits);
  auto started = http::listener::start({.what = "status",
                                        .listen = listen,
                                        .threads = limits.threads + limits.streams_max,
                                        .limits = {.connections_max = limits.connections_max}},
                                       [&s](httplib::Server& web) { s->route(web); });
  if (!started)
    return tl::unexpected(started.error());
  s->web = std::move(*started);
  s->present_gateway();
  return std::unique_ptr<server>(new server(std::move(s)));
}

const address& server::listening() const {
  return state_->web->listening();
}

std::string server::url() const {
  return state_->web->url();
}

} // namespace truckee::status
