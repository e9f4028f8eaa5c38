#include "edge/watched_grid.hpp"

#include <httplib.h>

namespace truckee::test {

namespace {

constexpr const char* password = "correct horse";

std::string address_in(const std::string& line) {
  return line.substr(0, line.find(' '));
}

/// "https://127.0.0.1:9401/metrics", as the node says it.
std::string metrics_url(process& node) {
  return node.wait_for("metrics: ", process::seconds(60));
}

/// The shipped configuration, every second, with the login and the certificates that stand in it as comments.
std::string quick_configuration() {
  auto text = text_of(configs() / "prometheus.yml");
  const auto swap = [&text](const std::string& old, const std::string& with) {
    const auto at = text.find(old);
    ASSERT_NE(at, text.npos) << old;
    text.replace(at, old.size(), with);
  };
  swap("scrape_interval: 15s", "scrape_interval: 1s");
  swap("evaluation_interval: 15s", "evaluation_interval: 1s");
  swap("# basic_auth:", "basic_auth:");
  swap("#   username: prometheus", "  username: prometheus");
  swap("#   password_file: metrics-password", "  password_file: metrics-password");
  swap("# tls_config:", "tls_config:");
  for (const std::string each :
       {"ca_file: certs/ca.pem", "cert_file: certs/prometheus.pem", "key_file: certs/prometheus.key"})
    swap("#   " + each, "  " + each);
  return text;
}

} // namespace

void watched_grid::SetUp() {
  file("metrics-password", std::string(password) + "\n");
  ASSERT_EQ(truckee({"certs", path("certs"), "127.0.0.1", "prometheus"}).code, 0);
  start_stores();
  start_gateway();
  start_prometheus();
  load_ = std::jthread([this](const std::stop_token& stopped) { work(stopped); });
}

void watched_grid::TearDown() {
  load_.request_stop();
  if (load_.joinable())
    load_.join();
}

void watched_grid::start_stores() {
  for (const std::string name : {"alpha", "beta"}) {
    arguments words{"storage",
                    "--directory",
                    path(name),
                    "--listen",
                    "127.0.0.1:0",
                    "--name",
                    name,
                    "--metrics-listen",
                    "127.0.0.1:0",
                    "--metrics-user",
                    "prometheus",
                    "--metrics-password-file",
                    path("metrics-password")};
    if (name == "alpha")
      words.insert(words.end(), {"--metrics-cert", path("certs/127.0.0.1.pem"), "--metrics-key",
                                 path("certs/127.0.0.1.key")});
    stores_.push_back(&start(words));
  }
}

void watched_grid::start_gateway() {
  std::string grid =
      "[encoding]\nneeded = 1\ntotal = 2\nhappy = 2\n[metrics]\nlisten = \"127.0.0.1:0\"\n"
      "user = \"prometheus\"\npassword-file = \"metrics-password\"\n"
      "certificate = \"certs/127.0.0.1.pem\"\nkey = \"certs/127.0.0.1.key\"\nclient-ca = \"certs/ca.pem\"\n";
  const std::vector<std::string> names{"alpha", "beta"};
  for (std::size_t i = 0; i < names.size(); ++i)
    grid += "[[server]]\nname = \"" + names[i] + "\"\ncaf = \"" +
            address_in(store(i).wait_for("listening on ", process::seconds(60))) + "\"\nmetrics = \"" +
            metrics_url(store(i)) + "\"\n";
  file("grid.toml", grid);
  gateway_ = &start(
      {"gateway", "--grid", path("grid.toml"), "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"});
  gateway_at_ = address_in(gateway_->wait_for("listening on ", process::seconds(60)));
  const auto http = gateway_->wait_for("http: ", process::seconds(60));
  http_at_ = "http://" + http.substr(0, http.find(','));
}

void watched_grid::start_prometheus() {
  const auto targets =
      truckee({"grid", "targets", "--grid", path("grid.toml"), "--gateway-metrics", metrics_url(*gateway_)});
  ASSERT_EQ(targets.code, 0) << targets.err;
  file("truckee-targets.json", targets.out);
  file("prometheus.yml", quick_configuration());
  std::filesystem::copy(configs() / "rules", place() / "rules");
  prometheus_ = std::make_unique<prometheus_server>(place().path());
}

void watched_grid::work(const std::stop_token& stopped) {
  const auto done = [this](arguments words, const std::string& input = {}) {
    words.insert(words.end(), {"--gateway", gateway_at_});
    auto result = truckee(words, input);
    EXPECT_TRUE(result.code == 0 || trouble_) << words.front() << ": " << result.err;
    return result.out;
  };
  httplib::Client http(http_at_);
  while (!stopped.stop_requested() && !HasFailure()) {
    const auto answer = http.Get("/v1/file"); // without the token
    EXPECT_TRUE((answer && answer->status == 401) || trouble_);
    const auto cap = file("cap", done({"put", "-"}, noise(3000)));
    for (const arguments& next :
         {arguments{"put", "-"}, {"get"}, {"check"}, {"verify"}, {"repair"}, {"append"}, {"get"}}) {
      if (stopped.stop_requested())
        return;
      auto words = next;
      words.insert(words.end(), {"--cap-file", cap});
      done(words, "more");
    }
  }
}

std::string watched_grid::exposition(process& node) const {
  const auto url = metrics_url(node);
  httplib::Client client(url.substr(0, url.rfind('/')), path("certs/prometheus.pem"),
                         path("certs/prometheus.key"));
  client.set_ca_cert_path(path("certs/ca.pem"));
  client.set_basic_auth("prometheus", password);
  const auto answer = client.Get("/metrics");
  if (!answer || answer->status != 200)
    throw std::runtime_error(url + " does not serve its metrics");
  return answer->body;
}

} // namespace truckee::test
