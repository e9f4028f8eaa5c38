#include "truckee/cli/session/session.hpp"
#include "truckee/status/json_text.hpp"

#include <nlohmann/json.hpp>

namespace truckee::cli {

namespace {

/// One group a target, so that each has its own labels. Prometheus lets these win over the job's name.
nlohmann::json target(const settings::scrape_target& where, const char* job, const std::string& server) {
  nlohmann::json out{{"targets", {to_string(where.at)}}, {"labels", {{"job", job}}}};
  if (where.https)
    out["labels"]["__scheme__"] = "https";
  if (!server.empty())
    out["labels"]["server"] = server;
  return out;
}

/// What Prometheus can reach of the gateway: nobody connects to 0.0.0.0 or to port 0.
result<std::optional<settings::scrape_target>> gateway_target(const std::string& given,
                                                              const settings::metrics_settings& metrics) {
  if (!given.empty()) {
    auto target = settings::parse_scrape_target(given);
    return target ? result<std::optional<settings::scrape_target>>(*target) : tl::unexpected(target.error());
  }
  const auto& listen = metrics.listen;
  if (listen && listen->port != 0 && listen->host != "0.0.0.0" && listen->host != "::")
    return settings::scrape_target{*listen, metrics.tls.has_value()};
  tell(std::string("truckee: the gateway is left out: ") +
       (listen ? "[metrics] listen is no address to scrape" : "the grid file has no [metrics] listen") +
       "; --gateway-metrics HOST:PORT says where it is scraped\n");
  return std::nullopt;
}

result<int> print_targets(const std::string& gateway_metrics, const global_options& global) {
  const auto grid = load_grid(global);
  if (!grid)
    return tl::unexpected(grid.error());
  const auto gateway = gateway_target(gateway_metrics, grid->metrics);
  if (!gateway)
    return tl::unexpected(gateway.error());
  auto out = nlohmann::json::array();
  if (*gateway)
    out.push_back(target(**gateway, "truckee-gateway", ""));
  for (const auto& server : grid->servers) {
    if (server.metrics)
      out.push_back(target(*server.metrics, "truckee-storage", server.name));
    else if (!std::holds_alternative<settings::local_directory>(server.where))
      tell("truckee: " + server.name + " is left out: its [[server]] has no metrics\n");
  }
  return give(status::json_text(out));
}

} // namespace

void add_grid(CLI::App& app, program& p) {
  auto* cmd = app.add_subcommand("grid", "truckee grid targets --grid grid.toml > targets.json\n"
                                         "truckee grid import ~/.tahoe -o grid.toml\n"
                                         "truckee grid check-change old.toml new.toml\n\n"
                                         "Says of a grid what its grid file knows, and makes one.");
  cmd->require_subcommand(1);
  auto gateway = std::make_shared<std::string>();
  auto* targets = cmd->add_subcommand(
      "targets",
      "truckee grid targets --grid grid.toml > /etc/prometheus/truckee-targets.json\n\n"
      "Prints where Prometheus finds the gateway and every storage server, as service-discovery JSON\n"
      "(file_sd_configs): labels job and server, and __scheme__ where a node speaks HTTPS. A server's\n"
      "address is the key metrics of its [[server]], the gateway's is [metrics] listen.");
  targets
      ->add_option("--gateway-metrics", *gateway,
                   "Where the gateway is scraped, if not at [metrics] listen: HOST:PORT or https://HOST:PORT")
      ->type_name("ADDRESS");
  targets->callback(
      [&p, gateway] { p.run = [&p, gateway] { return finish(print_targets(*gateway, p.options)); }; });
  add_grid_import(*cmd, p);
  add_grid_check_change(*cmd, p);
}

} // namespace truckee::cli
