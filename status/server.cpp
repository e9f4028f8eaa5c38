#include "status/server.hpp"

#include "status/as_json.hpp"
#include "status/assets.hpp"
#include "status/changes.hpp"
#include "status/markup.hpp"
#include "status/pages.hpp"

#include <algorithm>
#include <charconv>
#include <httplib.h>
#include <list>
#include <nlohmann/json.hpp>
#include <thread>

namespace truckee::status {

using namespace messages;

namespace {

constexpr const char* html_type = "text/html; charset=utf-8";
constexpr const char* json_type = "application/json";
constexpr const char* text_type = "text/plain; charset=utf-8";

/// httplib's own pool queues without bound. Here whoever accepts connections waits when too many wait, and
/// the kernel's own bounded queue holds the rest.
class bounded_pool final : public httplib::TaskQueue {
public:
  bounded_pool(std::size_t threads, std::size_t waiting_max) : waiting_max_(waiting_max) {
    for (std::size_t i = 0; i < threads; ++i)
      threads_.emplace_back([this] { work(); });
  }

  void enqueue(std::function<void()> job) override {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return ended_ || jobs_.size() < waiting_max_; });
    jobs_.push_back(std::move(job));
    more_.notify_one();
  }

  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    more_.notify_all();
    room_.notify_all();
    for (auto& thread : threads_)
      thread.join();
  }

private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      more_.wait(lock, [this] { return ended_ || !jobs_.empty(); });
      if (jobs_.empty())
        return;
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      room_.notify_one();
      lock.unlock();
      job();
    }
  }

  std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::condition_variable room_;
  std::list<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  bool ended_ = false;
};

/// Whether a Host header names this machine by a name no other machine can take.
bool is_own_host(const std::string& host) {
  const auto end = host.starts_with('[') ? host.find(']') : host.find(':');
  const auto name = host.substr(host.starts_with('[') ? 1 : 0, host.starts_with('[') ? end - 1 : end);
  return name == "localhost" || address{name, 0}.is_loopback();
}

std::string problem_json(const std::string& what) {
  return nlohmann::json{{"error", what}}.dump() + "\n";
}

} // namespace

struct server::state {
  state(caf::actor_system& s, file_gateway g, std::shared_ptr<health_check> h, const server_limits& l)
    : system(s), gateway(std::move(g)), health(std::move(h)), limits(l),
      changes(std::make_shared<change_counter>()), listener(spawn_change_listener(s, changes)) {}

  ~state() {
    changes->stop();
    http.stop();
    if (accepting.joinable())
      accepting.join();
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  }

  // -- asking the gateway

  template <class Reply, class Request>
  result<Reply> ask(Request question) {
    caf::scoped_actor self(system);
    result<Reply> out = fail(errc::timeout, "no answer");
    request_blocking(
        self, gateway, limits.ask_timeout, std::move(question), [&](const Reply& reply) { out = reply; },
        [&](const caf::error& e) { out = tl::unexpected(as_error(e, system)); });
    return out;
  }

  void subscribe_to_gateway() {
    // Where the gateway has too many subscribers already, pages are true all the same, only not live.
    [[maybe_unused]] const auto accepted = ask<subscribe_answer>(subscribe{listener});
  }

  // -- answers

  using request = httplib::Request;
  using response = httplib::Response;

  static void give(response& out, int status, const std::string& body, const char* type) {
    out.status = status;
    out.set_header("Cache-Control", "no-store");
    out.set_content(body, type);
  }

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
    const auto ready = std::ranges::count(status->servers, std::string("ready"), &link_report::state);
    const bool enough = ready >= status->defaults.happy;
    give(out, enough ? 200 : 503,
         std::string(enough ? "ready" : "not ready") + ": " + std::to_string(ready) + " of " +
             std::to_string(status->servers.size()) + " servers can be reached, happy needs " +
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

  void route() {
    http.new_task_queue = [this] {
      return new bounded_pool(limits.threads + limits.streams_max, limits.waiting_max);
    };
    http.set_read_timeout(std::chrono::seconds(5));
    http.set_write_timeout(std::chrono::seconds(5)); // a stream whose reader takes nothing is ended
    http.set_keep_alive_timeout(2);
    http.set_payload_max_length(4096);
    http.set_default_headers({{"Content-Security-Policy",
                               "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
                               "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Cross-Origin-Resource-Policy", "same-origin"}});
    http.set_pre_routing_handler([](const request& in, response& out) {
      if (in.method != "GET" && in.method != "HEAD") {
        out.set_header("Allow", "GET, HEAD");
        out.set_header("Connection", "close");
        fail_with(out, false, 405, "", "this only shows; use GET or HEAD");
        return httplib::Server::HandlerResponse::Handled;
      }
      if (!is_own_host(in.get_header_value("Host"))) {
        fail_with(out, false, 403, "", "this is served to localhost and loopback addresses only");
        return httplib::Server::HandlerResponse::Handled;
      }
      return httplib::Server::HandlerResponse::Unhandled;
    });
    http.set_error_handler([](const request&, response& out) {
      if (out.body.empty() && out.status == 404)
        fail_with(out, true, 404, "No such page", "There is no such page here.");
    });
    http.set_exception_handler([](const request&, response& out, const std::exception_ptr&) {
      fail_with(out, false, 500, "", "a defect of this program");
    });
    http.Get("/", [this](const request&, response& out) { give_status(out, true, overview_page); });
    http.Get(R"(/operations/(\d+))",
             [this](const request& in, response& out) { give_operation(in, out, true, operation_page); });
    http.Get("/api/status", [this](const request&, response& out) {
      give_status(out, false, [](const status_reply& x) { return as_json(x); });
    });
    http.Get("/api/servers",
             [this](const request&, response& out) { give_status(out, false, servers_as_json); });
    http.Get(R"(/api/operations/(\d+))", [this](const request& in, response& out) {
      give_operation(in, out, false, [](const operation_detail& x) { return as_json(x); });
    });
    http.Get("/events", [this](const request&, response& out) { give_events(out); });
    http.Get("/healthz", [this](const request&, response& out) { give_health(out); });
    http.Get("/readyz", [this](const request&, response& out) { give_readiness(out); });
    http.Get("/status.css",
             [](const request& in, response& out) { give_file(in, out, stylesheet, "text/css"); });
    http.Get("/status.js",
             [](const request& in, response& out) { give_file(in, out, script, "text/javascript"); });
  }

  caf::actor_system& system;
  file_gateway gateway;
  std::shared_ptr<health_check> health;
  server_limits limits;
  std::shared_ptr<change_counter> changes;
  progress_listener listener;
  std::atomic<std::size_t> streams = 0;
  httplib::Server http;
  address listening;
  std::thread accepting;
};

server::server(std::unique_ptr<state> s) : state_(std::move(s)) {}
server::~server() = default;

result<std::unique_ptr<server>> server::start(const address& listen, caf::actor_system& system,
                                              file_gateway gateway, std::shared_ptr<health_check> health,
                                              server_limits limits) {
  if (!listen.is_loopback())
    return fail(errc::refused,
                "status: refusing to listen on " + to_string(listen) +
                    ": the page has no login. Listen on 127.0.0.1, and reach it by an SSH tunnel or a "
                    "reverse proxy with a login");
  auto s = std::make_unique<state>(system, std::move(gateway), std::move(health), limits);
  s->route();
  s->listening = listen;
  const bool bound = listen.port == 0 ? (s->listening.port = static_cast<std::uint16_t>(
                                             std::max(0, s->http.bind_to_any_port(listen.host)))) != 0
                                      : s->http.bind_to_port(listen.host, listen.port);
  if (!bound)
    return fail(errc::configuration, "status: cannot listen on " + to_string(listen) +
                                         "; is the port taken, or the address not this machine's?");
  s->subscribe_to_gateway();
  s->accepting = std::thread([http = &s->http] { http->listen_after_bind(); });
  while (!s->http.is_running())
    std::this_thread::sleep_for(std::chrono::milliseconds(1)); // stop() before that would be lost
  return std::unique_ptr<server>(new server(std::move(s)));
}

const address& server::listening() const {
  return state_->listening;
}

std::string server::url() const {
  return "http://" + to_string(state_->listening) + "/";
}

} // namespace truckee::status
