#include "truckee/actors/node/resident.hpp"

#include "truckee/actors/node/door_log.hpp"
#include "truckee/actors/node/version.hpp"
#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/base/worker_pool.hpp"
#include "truckee/tls/check.hpp"

#include <prometheus/registry.h>
#include <system_error>
#include <thread>

namespace truckee::actors {

namespace {

std::shared_ptr<counted_executor> counted(const std::shared_ptr<executor>& given, std::size_t threads) {
  return std::make_shared<counted_executor>(given ? given : std::make_shared<worker_pool>(threads));
}

} // namespace

result<std::unique_ptr<resident>> resident::make(caf::actor_system& system, const surroundings& around,
                                                 const thread_limits& threads, messages::duration patience) {
  const metrics::build_facts build{std::string(truckee_version()), caf_version()};
  auto recorder = around.registry
                      ? metrics::recorder::in(around.registry, around.labels, build)
                      : metrics::recorder::in(std::make_shared<prometheus::Registry>(), around.labels, build);
  if (!recorder)
    return tl::unexpected(recorder.error());
  std::unique_ptr<resident> out(new resident(system, patience));
  try {
    const auto processors = std::max(1U, std::thread::hardware_concurrency());
    out->compute_ = counted(around.compute, threads.compute > 0 ? threads.compute : processors);
    out->blocking_ = counted(around.blocking, threads.blocking);
  } catch (const std::system_error& problem) {
    return fail(errc::io, std::string("cannot start its threads: ") + problem.what() +
                              "; give it fewer, or raise the limit on processes and memory");
  }
  std::shared_ptr<doors::porter> porter;
  if (system.has_middleman()) {
    auto made = messages::make_porter(system, std::make_shared<door_log>(*recorder, around.log));
    if (!made)
      return tl::unexpected(made.error());
    porter = std::move(*made);
  }
  services own{.compute = out->compute_,
               .blocking = out->blocking_,
               .random = around.random ? around.random : shared_system_random(),
               .time = around.time ? around.time : system_time(),
               .metrics = std::move(*recorder),
               .log = around.log,
               .house = std::make_shared<messages::household>(),
               .porter = std::move(porter),
               .https = std::make_shared<gbs::client>()};
  out->services_ = std::make_shared<const services>(std::move(own));
  return out;
}

result<void> resident::run(supervisor_options options, std::function<void()> at_end) {
  auto first = options.start();
  if (!first) {
    // What was started before it failed.
    std::promise<void> empty;
    services_->house->close([&empty] { empty.set_value(); });
    empty.get_future().wait();
    return tl::unexpected(first.error());
  }
  at_end_ = std::move(at_end);
  supervisor_ = spawn_supervisor(system_, *services_, std::move(options), std::move(*first));
  auto ended = std::make_shared<std::promise<void>>();
  ended_ = ended->get_future().share();
  caf::actor_cast<caf::actor>(supervisor_)->attach_functor([ended] { ended->set_value(); });
  return {};
}

void resident::stop(std::chrono::milliseconds patience, std::function<void()> done) {
  if (done)
    caf::actor_cast<caf::actor>(supervisor_)->attach_functor(std::move(done));
  messages::send_anonymously(supervisor_, messages::stop{errc::cancelled, messages::duration(patience)});
}

std::shared_ptr<doors::porter> resident::take_porter() {
  porter_taken_ = true;
  return services_->porter;
}

resident::~resident() {
  if (supervisor_) {
    // What servers are told of their damaged shares goes with the links.
    services_->advice->wait_until_told(advice_patience);
    stop(std::chrono::duration_cast<std::chrono::milliseconds>(patience_), {});
    ended_.wait();
  }
  if (at_end_)
    at_end_();
  // The last bytes of what was said go out, and nobody is called any more.
  if (services_ && services_->porter && !porter_taken_)
    services_->porter->stop();
  if (services_ && services_->https)
    services_->https->stop();
  // Jobs hold handles of actors, and those must not outlive the system.
  if (compute_)
    compute_->wait_idle();
  if (blocking_)
    blocking_->wait_idle();
}

result<void> has_network(caf::actor_system& system) {
  if (system.has_middleman())
    return {};
  return fail(errc::configuration, "this actor system has no network; load caf::io::middleman");
}

result<bool> use_tls(const services& s, const tls::node_files& files) {
  if (!s.porter)
    return tls::check_node_files(files).map([] { return false; });
  auto other = s.porter->use(files);
  std::optional<std::int64_t> first;
  for (const auto& [file, end] : s.porter->certificate_ends())
    first = std::min(first.value_or(end), end);
  if (first)
    s.metrics->certificate_ends_at(*first);
  return other;
}

} // namespace truckee::actors
