#include "actors/storage_node.hpp"
#include "cli/service.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"
#include "status/health.hpp"

#include <iostream>

namespace truckee::cli {

namespace {

struct storage_options {
  std::string directory;
  std::string listen = "127.0.0.1:0";
  std::string name;
  metrics_options metrics;
  bool read_only = false;
  std::uint64_t reserved_space = 0;
  std::uint64_t share_bytes_max = storage::store_limits{}.share_bytes_max;
};

result<int> serve(const storage_options& o, const global_options& global) {
  const auto listen = parse_address(o.listen, true);
  if (!listen)
    return tl::unexpected(listen.error());
  auto tls = global.tls();
  if (!tls)
    return tl::unexpected(tls.error());
  actors::node_options options;
  options.tls = *tls;
  options.compute_threads = 1;
  auto node = actors::node::start(options);
  if (!node)
    return tl::unexpected(node.error());
  // Before anything is made or opened.
  if (auto allowed = (*node)->may_listen(*listen); !allowed)
    return tl::unexpected(allowed.error());
  storage::disk_store_options store;
  store.directory = o.directory;
  store.durability = durability_of(global.durability);
  store.read_only = o.read_only;
  store.limits.reserved_space = o.reserved_space;
  store.limits.share_bytes_max = o.share_bytes_max;
  auto server = actors::open_storage_server(**node, store, o.name.empty() ? "storage" : o.name);
  if (!server)
    return tl::unexpected(server.error());
  auto exposer = expose((*node)->recorder(), o.metrics);
  if (!exposer)
    return tl::unexpected(exposer.error());
  const auto at = (*node)->listen(*server, *listen);
  if (!at)
    return tl::unexpected(at.error());
  // The one line on standard output: whoever started this may wait for it.
  std::cout << "listening on " << to_string(*at) << (*tls ? " (mutual TLS)" : " (plain, loopback only)")
            << std::endl;
  status::health_check health(*at, *tls, [&system = (*node)->system(), server = *server] {
    return status::answers<grid::store_info>(system, server, messages::hello{}, std::chrono::seconds(5));
  });
  {
    const service_notice notice([&health] { return health.look(); });
    wait_for_signal();
  }
  std::cerr << "truckee: stopping" << std::endl;
  exposer->reset();
  global.ending->patience = std::chrono::seconds(2);
  global.ending->keep(std::move(*node));
  return exit_ok;
}

} // namespace

void add_storage(CLI::App& app, program& p) {
  auto o = std::make_shared<storage_options>();
  auto* cmd = app.add_subcommand("storage",
                                 "truckee storage --directory /srv/alpha --listen 192.0.2.7:4401 \\\n"
                                 "                --ca ca.pem --cert alpha.pem --key alpha.key\n\n"
                                 "Serves one share store to Truckee clients. It ends on SIGINT or SIGTERM. "
                                 "The store has\nTahoe-LAFS's own layout.");
  cmd->add_option("--directory", o->directory, "The store: shares/ is below it; made when absent")
      ->required()
      ->type_name("DIR");
  add_listen(*cmd, o->listen);
  cmd->add_option("--name", o->name, "Label in metrics")->type_name("NAME");
  cmd->add_option("--reserved-space", o->reserved_space,
                  "Bytes of the file system left to others (e.g. 1GiB)")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  cmd->add_option("--share-size-max", o->share_bytes_max, "The longest share taken")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  cmd->add_flag("--read-only", o->read_only, "Take no writes");
  add_metrics(*cmd, o->metrics, "Serve Prometheus metrics");
  cmd->callback([&p, o] { p.run = [&p, o] { return finish(serve(*o, p.options)); }; });
}

} // namespace truckee::cli
