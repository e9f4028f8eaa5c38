#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace truckee::test {

/// Whether this process now has mounts of its own; a user who is not root becomes root of a namespace of its own.
inline bool enter_mount_namespace() {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  if (user != 0) {
    if (::unshare(CLONE_NEWUSER) != 0)
      return false;
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  }
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

/// Runs `body` in a process that may mount what nobody else sees. `body` gives false where it cannot mount what it needs;
/// the test is then skipped.
inline void with_own_mounts(const std::function<bool()>& body) {
  constexpr int cannot = 77;
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool ran = enter_mount_namespace() && body();
    ::_exit(!ran ? cannot : testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  if (WEXITSTATUS(status) == cannot)
    GTEST_SKIP() << "this user, or this kernel, may not mount what the test needs";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "see above";
}

} // namespace truckee::test
