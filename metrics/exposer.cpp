#include "truckee/metrics/exposer.hpp"

#include "truckee/base/bytes.hpp"
#include "truckee/http/answers.hpp"
#include "truckee/metrics/process_metrics.hpp"
#include "truckee/metrics/turned_away.hpp"

#include <algorithm>
#include <httplib.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace truckee::metrics {

namespace {

/// Prometheus's text format; its version is part of the name.
constexpr const char* exposition_type = "text/plain; version=0.0.4; charset=utf-8";

/// "Basic dXNlcjpwYXNzd29yZA==": the scheme in any case, the rest as it must be. Time does not tell how much
/// of it was right.
bool is_login(const std::string& given, const std::string& expected) {
  constexpr std::string_view scheme = "basic ";
  const bool basic = given.size() >= scheme.size() &&
                     std::equal(scheme.begin(), scheme.end(), given.begin(), [](char a, char b) {
                       return a == std::tolower(static_cast<unsigned char>(b));
                     });
  return basic && equal_constant_time(as_bytes(std::string_view(given).substr(scheme.size())),
                                      as_bytes(std::string_view(expected).substr(scheme.size())));
}

void ask_for_login(httplib::Response& out) {
  http::give(out, 401, "a login is needed\n", http::text_type);
  out.set_header("WWW-Authenticate", "Basic realm=\"truckee metrics\", charset=\"UTF-8\"");
}

using rejection_listener = std::function<void(http::rejection)>;

void route(httplib::Server& server, const exposer_options& options, const rejection_listener& rejected,
           const std::vector<std::shared_ptr<prometheus::Collectable>>& from) {
  std::string expected; // empty: nobody is asked
  if (options.login)
    expected = httplib::make_basic_authentication_header(options.login->user, options.login->password).second;
  server.set_pre_routing_handler([expected, rejected](const httplib::Request& in, httplib::Response& out) {
    if (!expected.empty() && !is_login(in.get_header_value("Authorization"), expected)) {
      rejected(http::rejection::bad_login);
      ask_for_login(out);
    } else if (!http::refuse_writing(in, out, "metrics only show; use GET or HEAD\n", http::text_type))
      return httplib::Server::HandlerResponse::Unhandled;
    return httplib::Server::HandlerResponse::Handled;
  });
  server.Get("/metrics", [from](const httplib::Request&, httplib::Response& out) {
    std::vector<prometheus::MetricFamily> all;
    for (const auto& each : from)
      std::ranges::move(each->Collect(), std::back_inserter(all));
    http::give(out, 200, prometheus::TextSerializer{}.Serialize(all), exposition_type);
  });
  server.set_error_handler([](const httplib::Request&, httplib::Response& out) {
    if (out.status == 404 && out.body.empty())
      http::give(out, 404, "metrics are at /metrics\n", http::text_type);
  });
}

} // namespace

result<std::unique_ptr<exposer>> exposer::start(const exposer_options& options,
                                                const std::shared_ptr<recorder>& what,
                                                std::vector<std::shared_ptr<prometheus::Collectable>> more) {
  // The recorder goes on as long as its port: its series leave with it.
  std::vector<std::shared_ptr<prometheus::Collectable>> from{{what, what->registry().get()},
                                                             process_metrics()};
  std::ranges::move(more, std::back_inserter(from));
  const rejection_listener rejected = [to = std::make_shared<turned_away>("metrics", options.log),
                                       what](http::rejection why) {
    what->scrape_refused(why);
    to->tell(why);
  };
  auto started = http::listener::start(
      {.what = "metrics", .listen = options.listen, .tls = options.tls, .rejected = rejected},
      [&](httplib::Server& server) { route(server, options, rejected, from); });
  if (!started)
    return tl::unexpected(started.error());
  return std::unique_ptr<exposer>{new exposer(std::move(*started))};
}

} // namespace truckee::metrics
