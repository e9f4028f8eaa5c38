#include "test_folder.hpp"
#include "truckee/http/listening_socket.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace truckee;
using namespace truckee::http;

namespace {

class unix_socket : public testing::Test {
protected:
  std::filesystem::path path() const { return folder_ / "s"; }
  /// Whether somebody listens there.
  bool answers() const {
    const descriptor caller(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path().native().copy(at.sun_path, sizeof at.sun_path - 1);
    return ::connect(caller.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  }
  test::folder folder_;
};

} // namespace

TEST_F(unix_socket, is_its_owners_alone_whatever_the_umask) {
  const auto before = ::umask(0);
  const auto at = listen_at(path());
  ::umask(before);
  ASSERT_TRUE(at) << to_string(at.error());
  struct stat info {};
  ASSERT_EQ(::stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_TRUE(answers());
}

TEST_F(unix_socket, that_was_left_behind_is_replaced) {
  static_cast<void>(listen_at(path()));
  EXPECT_FALSE(answers()) << "nobody holds it any more";
  const auto again = listen_at(path());
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_TRUE(answers());
}

TEST_F(unix_socket, where_somebody_listens_or_a_file_is_is_left_alone) {
  const auto first = listen_at(path());
  ASSERT_TRUE(first);
  const auto second = listen_at(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::configuration);
  EXPECT_TRUE(answers());
  std::ofstream(folder_ / "file") << "kept";
  const auto on_file = listen_at(folder_ / "file");
  ASSERT_FALSE(on_file);
  EXPECT_NE(on_file.error().detail.find("something is there already"), std::string::npos)
      << on_file.error().detail;
  EXPECT_EQ(std::filesystem::file_size(folder_ / "file"), 4U);
}

TEST_F(unix_socket, a_path_that_no_socket_can_have_is_refused) {
  EXPECT_FALSE(listen_at(""));
  const auto longer = listen_at(folder_ / std::string(120, 'x'));
  ASSERT_FALSE(longer);
  EXPECT_NE(longer.error().detail.find("choose a shorter one"), std::string::npos);
  EXPECT_FALSE(listen_at(folder_ / "none" / "s"));
}
