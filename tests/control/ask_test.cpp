#include "truckee/control/gateway.hpp"

#include "truckee/base/content_limit.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

using namespace truckee;

namespace {

/// So many bytes that nobody ever writes, so that they take no memory.
shared_bytes untouched(std::size_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED)
    return {};
  const std::shared_ptr<void> owner(at, [size](void* where) { ::munmap(where, size); });
  return shared_bytes::from_owner(owner, byte_view(static_cast<const std::byte*>(at), size));
}

} // namespace

TEST(ask, content_that_no_gateway_takes_is_refused_before_it_is_sent) {
  messages::system_config config;
  caf::actor_system system(config);
  const messages::file_gateway nobody; // asked for nothing
  messages::publish_request publish;
  publish.content = untouched(longest_content + 1);
  ASSERT_EQ(publish.content.size(), longest_content + 1);
  publish.operation = *operation_id::from(bytes(operation_id::size, std::byte{7}));
  messages::append_request append;
  append.data = publish.content;
  for (const auto& reply : {control::ask(system, nobody, publish), control::ask(system, nobody, append)}) {
    EXPECT_FALSE(reply.ok);
    EXPECT_EQ(reply.failure.code, errc::too_large);
    EXPECT_NE(reply.failure.detail.find("1073741825 bytes and at most 1073741824"), std::string::npos)
        << reply.failure.detail;
    EXPECT_EQ(reply.became, effect::not_applied) << "nothing was sent";
  }
  EXPECT_EQ(control::ask(system, nobody, publish).operation, publish.operation);
}
