#include "truckee/messages/caf/shell.hpp"
#include "truckee/messages/caf/system.hpp"
#include "truckee/messages/types.hpp"

#include <future>
#include <gtest/gtest.h>
#if TRUCKEE_CAF_1
#include <caf/init_global_meta_objects.hpp>
#endif

// A host: its own messages, in a block of its own where CAF's custom numbers begin, beside Truckee's in one system.
namespace host {

struct job {
  std::string what;
};
struct job_done {
  std::uint64_t words = 0;
};

template <class Inspector>
auto inspect(Inspector& f, job& x) {
  return truckee::messages::inspect_members(f, x, x.what);
}
template <class Inspector>
auto inspect(Inspector& f, job_done& x) {
  return truckee::messages::inspect_members(f, x, x.words);
}

} // namespace host

#if TRUCKEE_CAF_1
CAF_BEGIN_TYPE_ID_BLOCK(host, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(host, (host::job))
CAF_ADD_TYPE_ID(host, (host::job_done))
CAF_END_TYPE_ID_BLOCK(host)
#endif

namespace {

using namespace truckee;

class host_config : public messages::system_config {
public:
  host_config() {
#if !TRUCKEE_CAF_1
    add_message_type<host::job>("host::job");
    add_message_type<host::job_done>("host::job_done");
#endif
  }
};

/// Hears the host's messages and one of Truckee's.
class worker_state {
public:
  using handle = messages::protocol<host::job_done(host::job), messages::greeting(messages::hello)>;
  static constexpr const char* name = "host.worker";
  explicit worker_state(messages::shell<worker_state>*) {}
  messages::behavior<handle> make_behavior() {
    return {[](const host::job& x) { return host::job_done{x.what.size()}; },
            [](const messages::hello& x) {
              return messages::greeting{x.protocol, x.software};
            }};
  }
};

TEST(HostTypes, a_block_of_a_hosts_own_runs_beside_ours) {
  register_types();
#if TRUCKEE_CAF_1
  caf::init_global_meta_objects<caf::id_block::host>();
  register_types(); // in any order, and more than once
#endif
  host_config config;
  caf::actor_system system(config);
  const auto worker = messages::spawn<worker_state>(system);
  caf::scoped_actor self(system);
  std::uint64_t letters = 0;
  std::uint32_t protocol = 0;
  const auto no = [](const caf::error&) { ADD_FAILURE(); };
  messages::request_blocking(
      self, worker, std::chrono::seconds(10), host::job{"snow"},
      [&](const host::job_done& x) { letters = x.words; }, no);
  messages::request_blocking(
      self, worker, std::chrono::seconds(10), messages::hello_to_gateway(),
      [&](const messages::greeting& x) { protocol = x.protocol; }, no);
  EXPECT_EQ(letters, 4U);
  EXPECT_EQ(protocol, messages::gateway_protocol);
}

} // namespace
