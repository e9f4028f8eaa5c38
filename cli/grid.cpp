#include "cli/session.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

namespace truckee::cli {

namespace {

/// One group a target, so that each has its own labels. Prometheus lets these win over the job's name.
nlohmann::json target(const std::string& at, const char* job, const std::string& server) {
  nlohmann::json out{{"targets", {at}}, {"labels", {{"job", job}}}};
  if (!server.empty())
    out["labels"]["server"] = server;
  return out;
}

/// What Prometheus can reach of the gateway: nobody connects to 0.0.0.0 or to port 0.
result<std::string> gateway_target(const std::string& given, const std::optional<address>& listen) {
  if (!given.empty()) {
    const auto at = parse_address(given);
    return at ? result<std::string>(to_string(*at)) : tl::unexpected(at.error());
  }
  if (listen && listen->port != 0 && listen->host != "0.0.0.0" && listen->host != "::")
    return to_string(*listen);
  tell(std::string("truckee: the gateway is left out: ") +
       (listen ? "[metrics] listen is no address to scrape" : "the grid file has no [metrics] listen") +
       "; --gateway-metrics HOST:PORT says where it is scraped\n");
  return std::string();
}

result<int> print_targets(const std::string& gateway_metrics, const global_options& global) {
  const auto grid = load_grid(global);
  if (!grid)
    return tl::unexpected(grid.error());
  const auto gateway = gateway_target(gateway_metrics, grid->metrics_listen);
  if (!gateway)
    return tl::unexpected(gateway.error());
  auto out = nlohmann::json::array();
  if (!gateway->empty())
    out.push_back(target(*gateway, "truckee-gateway", ""));
  for (const auto& server : grid->servers) {
    if (server.metrics)
      out.push_back(target(to_string(*server.metrics), "truckee-storage", server.name));
    else if (!std::holds_alternative<grid::local_directory>(server.where))
      tell("truckee: " + server.name + " is left out: its [[server]] has no metrics\n");
  }
  std::cout << out.dump(2) << std::endl;
  return exit_ok;
}

} // namespace

void add_grid(CLI::App& app, program& p) {
  auto* cmd = app.add_subcommand("grid", "truckee grid targets --grid grid.toml > targets.json\n\n"
                                         "Says of a grid what its grid file knows.");
  cmd->require_subcommand(1);
  auto gateway = std::make_shared<std::string>();
  auto* targets = cmd->add_subcommand(
      "targets",
      "truckee grid targets --grid grid.toml > /etc/prometheus/truckee-targets.json\n\n"
      "Prints where Prometheus finds the gateway and every storage server, as service-discovery JSON\n"
      "(file_sd_configs): labels job and server. A server's address is the key metrics of its\n"
      "[[server]], the gateway's is [metrics] listen.");
  targets
      ->add_option("--gateway-metrics", *gateway, "Where the gateway is scraped, if not at [metrics] listen")
      ->type_name("HOST:PORT");
  targets->callback(
      [&p, gateway] { p.run = [&p, gateway] { return finish(print_targets(*gateway, p.options)); }; });
}

} // namespace truckee::cli
