#include "truckee/actors/node/node.hpp"

#include "truckee/actors/node/openssl_errors.hpp"
#include "truckee/tls/check.hpp"

#include <thread>

namespace truckee::actors {

std::string_view truckee_version() {
  return TRUCKEE_VERSION;
}

namespace {

std::size_t threads_or_processors(std::size_t wanted) {
  return wanted > 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

} // namespace

std::string caf_version() {
  return std::to_string(CAF_MAJOR_VERSION) + "." + std::to_string(CAF_MINOR_VERSION) + "." +
         std::to_string(CAF_PATCH_VERSION);
}

result<std::unique_ptr<node>> node::start(const node_options& options) {
  if (options.tls)
    if (auto good = tls::check_node_files(*options.tls); !good)
      return tl::unexpected(good.error());
  return std::unique_ptr<node>(new node(options));
}

node::node(const node_options& options)
  : tls_(options.tls), config_(options.tls), system_(std::make_unique<caf::actor_system>(config_)),
    compute_(std::make_shared<worker_pool>(threads_or_processors(options.compute_threads))),
    blocking_(std::make_shared<worker_pool>(options.blocking_threads)),
    services_(std::make_shared<const services>(
        services{.compute = compute_,
                 .blocking = blocking_,
                 .random = shared_system_random(),
                 .metrics = std::make_shared<metrics::recorder>(
                     metrics::build_facts{std::string(truckee_version()), caf_version()}),
                 .log = options.log})) {
  keep_tls_errors_apart();
  messages::close_registry(*system_);
}

node::~node() {
  // The last one first, each to its end: a link that saw its server go would tell the log of a lost
  // connection.
  {
    caf::scoped_actor self(*system_);
    while (!owned_.empty()) {
      const auto last = caf::actor_cast<caf::actor>(owned_.back());
      owned_.pop_back();
      self->send_exit(last, caf::exit_reason::user_shutdown);
      self->wait_for(last);
    }
  }
  // Actors use the pools, and jobs on the pools hold actors: first no actor, then no job, then no CAF.
  system_->await_all_actors_done();
  blocking_->close();
  compute_->close();
}

result<void> node::may_listen(const address& where) const {
  if (where.is_loopback() || tls_)
    return {};
  return fail(
      errc::refused,
      "refusing to listen on " + to_string(where) +
          " without mutual TLS: anybody who reaches the port could crash the process. Make certificates "
          "with `truckee certs DIR NAME...` and give them, or listen on 127.0.0.1");
}

} // namespace truckee::actors
