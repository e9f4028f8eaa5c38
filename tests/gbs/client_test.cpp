#include "truckee/gbs/client/client.hpp"

#include "gbs/fake_server.hpp"
#include "truckee/gbs/answers.hpp"
#include "truckee/gbs/requests.hpp"

#include <arpa/inet.h>
#include <cstdlib>
#include <future>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace truckee;
using namespace truckee::gbs;
using namespace std::chrono_literals;
using test::fake_server;
using test::fault;

namespace {

constexpr auto silence = 400ms;

/// A port that takes connections, and says nothing.
class deaf_port {
public:
  deaf_port() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at);
    ::listen(fd_, 16);
    socklen_t size = sizeof at;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }
  ~deaf_port() { ::close(fd_); }
  std::uint16_t port() const { return port_; }

private:
  int fd_;
  std::uint16_t port_ = 0;
};

class gbs_client : public testing::Test {
protected:
  static line_options to(const nurl& where) {
    return {.at = where.at, .pin = where.pin, .connect_timeout = 2s};
  }

  std::future<outcome> send(line& over, request what, std::chrono::milliseconds silence_max = silence) {
    auto told = std::make_shared<std::promise<outcome>>();
    auto out = told->get_future();
    over.send(std::move(what), silence_max, [told](outcome x) { told->set_value(std::move(x)); });
    return out;
  }

  outcome ask(request what, std::chrono::milliseconds silence_max = silence) {
    return send(*line_, std::move(what), silence_max).get();
  }

  /// A change that makes share 0 with these bytes.
  request write_of(std::size_t size, std::uint8_t slot = 1) {
    grid::read_test_write x;
    x.slot.data.fill(std::byte{slot});
    x.changes = {{share_number{0}, {}, {{0, shared_bytes(bytes(size, std::byte{0x61}))}}, {}}};
    return *ask_read_test_write(swissnum_, x);
  }
  request version() { return ask_version(swissnum_); }

  std::unique_ptr<fake_server> server_ = fake_server::in_memory();
  secret_text swissnum_ = server_->nurl().swissnum;
  client client_;
  std::unique_ptr<line> line_ = client_.open(to(server_->nurl()));
};

} // namespace

TEST_F(gbs_client, every_kind_of_request_is_answered) {
  const auto said = ask(version());
  ASSERT_EQ(said.how, carried::answered) << said.text;
  EXPECT_EQ(said.certificate, server_->certificate_id());
  EXPECT_TRUE(read_version(said.answer));

  const auto wrote = ask(write_of(300'000));
  ASSERT_EQ(wrote.how, carried::answered) << wrote.text;
  const auto change = read_read_test_write(wrote.answer, {});
  ASSERT_TRUE(change) << change.error().detail;
  EXPECT_TRUE(change->success);

  storage_index slot;
  slot.data.fill(std::byte{1});
  const auto shares = read_shares(ask(ask_shares(swissnum_, slot)).answer);
  ASSERT_TRUE(shares);
  EXPECT_EQ(shares->size(), 1U);
  const grid::read_vector range{299'990, 100};
  const auto part = read_range(ask(*ask_range(swissnum_, slot, share_number{0}, range)).answer, range);
  ASSERT_TRUE(part) << part.error().detail;
  EXPECT_EQ(as_text(part->view()), "aaaaaaaaaa");
  EXPECT_TRUE(read_lease(ask(ask_lease(swissnum_, slot, {}, {})).answer));
  EXPECT_EQ(read_lease(ask(ask_lease(swissnum_, {}, {}, {})).answer).error().kind, refusal_kind::not_found);
  EXPECT_TRUE(
      read_corruption_advice(ask(*ask_corruption_advice(swissnum_, slot, share_number{0}, "torn")).answer));
  EXPECT_EQ(server_->advice(), (std::vector<std::string>{"torn"}));
  EXPECT_EQ(server_->connections(), 1U) << "one after another go over one connection";
}

TEST_F(gbs_client, what_is_sent_has_nothing_but_the_protocols_headers) {
  ask(version());
  ask(write_of(10));
  const auto heads = server_->heads();
  ASSERT_EQ(heads.size(), 2U);
  for (const auto& head : heads)
    for (const auto* foreign :
         {"User-Agent", "Accept-Encoding", "Expect", "Cookie", "urlencoded", "Transfer-Encoding"})
      EXPECT_EQ(head.find(foreign), std::string::npos) << head;
  EXPECT_NE(heads[1].find("Content-Length: "), std::string::npos) << heads[1];
}

TEST_F(gbs_client, another_key_is_refused_before_anything_is_said) {
  auto other = server_->nurl();
  other.pin.data[0] ^= std::byte{1};
  const auto line = client_.open(to(other));
  const auto got = send(*line, version()).get();
  EXPECT_EQ(got.how, carried::unsent);
  EXPECT_TRUE(got.refused);
  EXPECT_NE(got.text.find("another key"), std::string::npos) << got.text;
  EXPECT_EQ(server_->requests(), 0U);
  // A connection that stands with the right pin is not used for the wrong one.
  ASSERT_EQ(ask(version()).how, carried::answered);
  EXPECT_TRUE(send(*line, version()).get().refused);
  EXPECT_EQ(server_->requests(), 1U);
}

TEST_F(gbs_client, only_the_key_of_a_certificate_matters) {
  for (const test::certificate_options how :
       {test::certificate_options{true, -10, -5}, test::certificate_options{true, 5, 10},
        test::certificate_options{false, -1, 1}}) {
    const auto server = fake_server::in_memory(how);
    const auto line = client_.open(to(server->nurl()));
    const auto got = send(*line, version()).get();
    EXPECT_EQ(got.how, carried::answered) << how.from_days << ": " << got.text;
  }
}

TEST_F(gbs_client, who_does_not_answer_is_waited_for_no_longer_than_told) {
  for (const auto how : {fault::never_answers, fault::stalls}) {
    server_->go_wrong(how);
    const auto begin = std::chrono::steady_clock::now();
    const auto got = ask(version());
    EXPECT_EQ(got.how, carried::unknown) << got.text;
    EXPECT_TRUE(got.timed_out);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10 * silence);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, silence);
  }
}

TEST_F(gbs_client, who_takes_no_more_bytes_is_waited_for_no_longer_than_told) {
  server_->go_wrong(fault::takes_nothing);
  const auto got = ask(write_of(64 << 20));
  EXPECT_EQ(got.how, carried::unknown) << "some of it has left";
  EXPECT_TRUE(got.timed_out) << got.text;
}

TEST_F(gbs_client, who_is_only_slow_is_waited_for) {
  server_->go_wrong(fault::drips);
  const auto begin = std::chrono::steady_clock::now();
  const auto got = ask(version()); // some 200 bytes, each after 60 ms
  EXPECT_EQ(got.how, carried::answered) << got.text;
  EXPECT_GT(std::chrono::steady_clock::now() - begin, 5 * silence);
}

TEST_F(gbs_client, a_cut_or_endless_answer_is_none) {
  server_->go_wrong(fault::truncates);
  auto got = ask(version());
  EXPECT_EQ(got.how, carried::unknown);
  EXPECT_FALSE(got.timed_out) << got.text;
  server_->go_wrong(fault::never_ends);
  got = ask(version());
  EXPECT_EQ(got.how, carried::unknown);
  EXPECT_NE(got.text.find("longer than"), std::string::npos) << got.text;
  server_->go_wrong(fault::long_head);
  got = ask(version());
  EXPECT_EQ(got.how, carried::unknown);
  EXPECT_NE(got.text.find("head"), std::string::npos) << got.text;
}

TEST_F(gbs_client, nobody_is_sent_elsewhere) {
  server_->go_wrong(fault::redirects);
  const auto got = ask(version());
  ASSERT_EQ(got.how, carried::answered);
  EXPECT_EQ(got.answer.status, 302U);
  EXPECT_FALSE(read_version(got.answer));
  EXPECT_EQ(server_->requests(), 1U);
}

TEST_F(gbs_client, the_environment_names_no_proxy) {
  for (const auto* name : {"https_proxy", "HTTPS_PROXY", "ALL_PROXY"})
    ::setenv(name, "http://127.0.0.1:9", 1);
  const auto got = ask(version());
  for (const auto* name : {"https_proxy", "HTTPS_PROXY", "ALL_PROXY"})
    ::unsetenv(name);
  EXPECT_EQ(got.how, carried::answered) << got.text;
}

TEST_F(gbs_client, a_request_that_finds_nobody_never_left) {
  auto nowhere = to(server_->nurl());
  nowhere.at.port = 9;
  auto line = client_.open(nowhere);
  auto got = send(*line, version()).get();
  EXPECT_EQ(got.how, carried::unsent) << got.text;
  EXPECT_FALSE(got.refused);

  const deaf_port deaf;
  nowhere.at.port = deaf.port();
  nowhere.connect_timeout = 300ms;
  line = client_.open(nowhere);
  got = send(*line, write_of(100)).get();
  EXPECT_EQ(got.how, carried::unsent) << got.text;
  EXPECT_TRUE(got.timed_out);

  nowhere.at.host = "user@127.0.0.1";
  line = client_.open(nowhere);
  EXPECT_EQ(send(*line, version()).get().how, carried::unsent) << "that is no host";
}

TEST_F(gbs_client, connections_to_a_server_are_bounded_and_what_waits_for_one_ends_too) {
  std::vector<std::future<outcome>> all;
  for (int i = 0; i < 40; ++i)
    all.push_back(send(*line_, version(), 5s));
  for (auto& x : all)
    EXPECT_EQ(x.get().how, carried::answered);
  EXPECT_LE(server_->connections(), 4U);

  server_->go_wrong(fault::never_answers);
  all.clear();
  for (int i = 0; i < 12; ++i)
    all.push_back(send(*line_, version()));
  int sent = 0;
  for (auto& x : all) {
    const auto got = x.get();
    EXPECT_TRUE(got.timed_out) << got.text;
    sent += got.how == carried::unknown ? 1 : 0;
  }
  EXPECT_LE(sent, 8) << "those that waited for a connection never left";
  EXPECT_GE(sent, 4);
}

TEST_F(gbs_client, after_a_server_came_back_requests_are_answered_again) {
  server_->go_wrong(fault::never_answers);
  EXPECT_EQ(ask(version()).how, carried::unknown);
  server_->go_wrong(fault::none);
  EXPECT_EQ(ask(version()).how, carried::answered);
}

TEST_F(gbs_client, a_dropped_line_tells_nobody_and_goes_on_afterwards) {
  server_->go_wrong(fault::never_answers);
  auto lost = send(*line_, version(), 10s);
  std::this_thread::sleep_for(100ms);
  line_->drop();
  EXPECT_THROW(lost.get(), std::future_error) << "its promise went with the request";
  server_->go_wrong(fault::none);
  EXPECT_EQ(ask(version()).how, carried::answered);
}

TEST_F(gbs_client, ends_in_one_of_its_own_callbacks) {
  auto own = std::make_shared<client>();
  auto line = own->open(to(server_->nurl()));
  std::promise<void> told;
  line->send(version(), silence, [&told, own](const outcome&) mutable {
    own.reset();
    told.set_value();
  });
  own.reset();
  told.get_future().get();
}

TEST_F(gbs_client, nothing_is_sent_once_it_has_ended) {
  client_.stop();
  EXPECT_EQ(ask(version()).how, carried::unsent);
}
