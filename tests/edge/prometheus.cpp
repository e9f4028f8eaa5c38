#include "edge/prometheus.hpp"

#include <httplib.h>
#include <stdexcept>
#include <thread>

namespace truckee::test {

prometheus_server::prometheus_server(const std::filesystem::path& folder) {
  process_options options;
  options.directory = folder;
  process_ = std::make_unique<process>(
      tool("prometheus"),
      std::vector<std::string>{"--config.file=" + (folder / "prometheus.yml").string(),
                               "--storage.tsdb.path=" + (folder / "prometheus-data").string(),
                               "--web.listen-address=127.0.0.1:0",
                               "--web.console.templates=" + (configs() / "consoles").string(),
                               "--web.console.libraries=" + (configs() / "consoles").string()},
      folder, options);
  const auto line = process_->wait_for("msg=\"Listening on\" address=", process::seconds(60));
  at_ = line.substr(0, line.find(' '));
  process_->wait_for("msg=\"Server is ready to receive web requests.\"", process::seconds(60));
}

nlohmann::json prometheus_server::query(const std::string& expression) {
  httplib::Client client(url());
  client.set_read_timeout(20);
  const auto answer = client.Post("/api/v1/query", httplib::Params{{"query", expression}});
  if (!answer)
    throw std::runtime_error("Prometheus does not answer");
  const auto body = nlohmann::json::parse(answer->body);
  if (body["status"] != "success")
    throw std::runtime_error(expression + ": " + body.dump());
  return body["data"]["result"];
}

nlohmann::json prometheus_server::query_until(const std::string& expression,
                                              const std::function<bool(const nlohmann::json&)>& good,
                                              process::seconds longest) {
  const auto end = std::chrono::steady_clock::now() + longest;
  for (;;) {
    auto result = query(expression);
    if (good(result))
      return result;
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error(expression + " never became what it should be: " + result.dump());
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

std::string prometheus_server::page(const std::string& path) {
  httplib::Client client(url());
  client.set_read_timeout(20);
  const auto answer = client.Get(path);
  if (!answer || answer->status != 200)
    throw std::runtime_error(path + ": " + (answer ? answer->body : std::string("no answer")));
  return answer->body;
}

double first_value(const nlohmann::json& result) {
  return result.empty() ? -1 : std::stod(result[0]["value"][1].get<std::string>());
}

} // namespace truckee::test
