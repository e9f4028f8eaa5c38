#include "doors/basp/recording.hpp"
#include "truckee/doors/basp/basp_filter.hpp"

#include <gtest/gtest.h>

/// What may not pass, frame by frame, for both generations of CAF. A peer with a certificate may send anything.
using namespace truckee;
using namespace truckee::test;
using namespace truckee::doors::basp;

namespace {

constexpr message_type hello{3000, "truckee::messages::hello"};
constexpr message_type publish{3011, "truckee::messages::publish_request"};
constexpr message_type subscribe{3026, "truckee::messages::subscribe"};

node_name node_of(std::uint8_t number) {
  node_name out;
  out.fill(std::byte{number});
  return out;
}

class basp_filter_rules : public testing::TestWithParam<generation> {
protected:
  void SetUp() override { begin(peer_side::dialler); }

  /// A new connection, to which that one greeted unless told otherwise.
  void begin(peer_side side, bool greet = true) {
    filter_.emplace(rules{GetParam(), side, own_, basp_types(), basp_limit});
    out_.clear();
    if (greet)
      expect_pass(side == peer_side::dialler ? write_.client_handshake(peer_)
                                             : write_.server_handshake(peer_, version()));
  }

  void expect_pass(const bytes& frame) {
    const auto before = out_.size();
    const auto taken = filter_->take(frame, out_);
    ASSERT_TRUE(taken) << taken.error().detail;
    EXPECT_EQ(to_hex(byte_view(out_).subspan(before)), to_hex(frame));
  }

  /// The connection ends by a sentence that has these words, and nothing of the frame passes, nor of what follows.
  void expect_refused(const bytes& frame, std::string_view words) {
    const auto before = out_.size();
    const auto taken = filter_->take(frame, out_);
    ASSERT_FALSE(taken) << "passed";
    EXPECT_EQ(taken.error().code, errc::protocol);
    EXPECT_NE(taken.error().detail.find(words), std::string::npos) << taken.error().detail;
    EXPECT_EQ(out_.size(), before);
    EXPECT_FALSE(filter_->take(write_.frame(6, {}), out_)) << "a connection that was refused goes on";
    EXPECT_EQ(out_.size(), before);
  }

  std::uint64_t version() const { return static_cast<std::uint64_t>(GetParam()); }
  bool is_0_17() const { return GetParam() == generation::caf_0_17; }

  const node_name own_ = node_of(1);
  const node_name peer_ = node_of(2);
  const node_name third_ = node_of(3);
  const frame_writer write_{GetParam()};
  std::optional<basp_filter> filter_;
  bytes out_;
};

} // namespace

// -- the packets that ended or hung a node -----------------------------------------------------------------

TEST_P(basp_filter_rules, a_handshake_without_payload) {
  begin(peer_side::dialler, false);
  expect_refused(write_.frame(1, {}), "a client handshake with a payload of 0 bytes");
  begin(peer_side::dialled, false);
  expect_refused(write_.frame(0, {}, version()), "a server handshake with a payload of 0 bytes");
}

TEST_P(basp_filter_rules, an_exit_message) {
  expect_refused(write_.message({caf_types::exit}, write_.handle(9, peer_) + write_.error()),
                 "Truckee does not send");
  begin(peer_side::dialler);
  expect_refused(
      write_.frame(3, write_.node(own_) + write_.node(own_) + write_.type_list({caf_types::exit}), 0, 9, 7),
      "a routed message");
}

TEST_P(basp_filter_rules, a_link_or_unlink_message) {
  expect_refused(write_.message({caf_types::link_word, caf_types::handle}),
                 is_0_17() ? "2 types" : "of 2 types");
}

TEST_P(basp_filter_rules, a_message_in_a_message) {
  bytes nested;
  for (int depth = 0; depth < 100'000; ++depth)
    nested = std::move(nested) + write_.type_list({caf_types::message});
  nested.resize(1'000'000);
  expect_refused(write_.message({caf_types::message}, nested), "Truckee does not send");
}

TEST_P(basp_filter_rules, a_header_that_claims_four_gigabytes) {
  expect_refused(write_.header(2, 0xffff'ffff, 0, 9, 7),
                 "a frame claims 4294967295 bytes; 1048576 are allowed");
  begin(peer_side::dialler, false);
  expect_refused(write_.header(1, 0xffff'ffff), "4294967295");
}

// -- handshakes --------------------------------------------------------------------------------------------

TEST_P(basp_filter_rules, anything_before_the_handshake) {
  for (const int operation : {2, 3, 4, 5, 6, 7, 255}) {
    begin(peer_side::dialler, false);
    expect_refused(
        write_.frame(static_cast<std::uint8_t>(operation), operation == 6 ? bytes{} : bytes(50), 0, 9, 7),
        "a handshake must come first");
  }
}

TEST_P(basp_filter_rules, the_other_sides_handshake) {
  begin(peer_side::dialler, false);
  expect_refused(write_.server_handshake(peer_, version()), "operation 0");
  begin(peer_side::dialled, false);
  expect_refused(write_.client_handshake(peer_), "operation 1");
}

TEST_P(basp_filter_rules, a_handshake_of_another_version) {
  begin(peer_side::dialled, false);
  expect_refused(write_.server_handshake(peer_, 4),
                 "the peer speaks BASP 4, this node " + name_of(GetParam()));
}

TEST_P(basp_filter_rules, a_handshake_that_names_no_node_or_ends_early) {
  const auto good = write_.server_handshake(peer_, version());
  for (std::size_t cut = header_size + 1; cut < good.size(); ++cut) {
    begin(peer_side::dialled, false);
    expect_refused(write_.frame(0, byte_view(good).subspan(header_size, cut - header_size), version()),
                   "a server handshake");
  }
  begin(peer_side::dialled, false);
  expect_refused(write_.frame(0, byte_view(good + length_bytes(0)).subspan(header_size), version()),
                 "bytes after its last member");
  begin(peer_side::dialler, false);
  expect_refused(write_.frame(1, bytes(40)), "a client handshake of 40 bytes that does not name a node");
}

TEST_P(basp_filter_rules, a_handshake_that_claims_more_names_than_it_has) {
  begin(peer_side::dialled, false);
  expect_refused(write_.frame(0, write_.node(peer_) + length_bytes(0xffff'ffff), version()),
                 "ends before its last member");
}

TEST_P(basp_filter_rules, a_handshake_longer_than_one_can_be) {
  begin(peer_side::dialled, false);
  expect_refused(write_.header(0, longest_judged_whole + 1, version()), "a server handshake of 16385 bytes");
}

TEST_P(basp_filter_rules, a_second_handshake_but_for_the_one_by_which_0_17_chooses_a_connection) {
  expect_refused(write_.client_handshake(peer_), "frame 2 of the connection is a handshake");
  begin(peer_side::dialled);
  expect_refused(write_.server_handshake(peer_, version()), "frame 2");
  begin(peer_side::dialler);
  if (!is_0_17()) {
    expect_refused(write_.client_handshake(peer_, select_connection), "flags 2");
    return;
  }
  expect_pass(write_.client_handshake(peer_, select_connection));
  expect_refused(write_.client_handshake(peer_, select_connection), "frame 3");
  begin(peer_side::dialler);
  expect_refused(write_.client_handshake(third_, select_connection), "another node than the first");
  begin(peer_side::dialler);
  expect_pass(write_.message({hello}));
  expect_refused(write_.client_handshake(peer_, select_connection), "frame 3");
}

TEST_P(basp_filter_rules, a_peer_that_calls_itself_by_this_nodes_name_may_greet_and_no_more) {
  begin(peer_side::dialler, false);
  expect_pass(write_.client_handshake(own_));
  expect_refused(write_.message({hello}), "this node's own name");
}

// -- messages ----------------------------------------------------------------------------------------------

TEST_P(basp_filter_rules, messages_of_our_types_pass_and_stream_through) {
  for (const auto& type : basp_types())
    if (!type.names_an_actor)
      expect_pass(write_.message({type}, bytes(3000)));
  // Of a long one all that came is through, but for a head that is not proved.
  const auto whole = write_.message({publish}, bytes(900'000));
  const auto before = out_.size();
  ASSERT_TRUE(filter_->take(byte_view(whole).first(header_size + 100), out_));
  EXPECT_EQ(out_.size(), before);
  ASSERT_TRUE(filter_->take(byte_view(whole).subspan(header_size + 100, 100'000), out_));
  EXPECT_EQ(out_.size(), before + header_size + 100'100);
  ASSERT_TRUE(filter_->take(byte_view(whole).subspan(header_size + 100'100), out_));
  EXPECT_EQ(out_.size(), before + whole.size());
}

TEST_P(basp_filter_rules, messages_of_other_types) {
  for (const auto& type :
       {caf_types::exit, caf_types::down, caf_types::message, caf_types::text, caf_types::handle,
        caf_types::timeout, message_type{3999, "truckee::messages::hell"},
        message_type{2999, "truckee::messages::hello2"}, message_type{0, ""}}) {
    begin(peer_side::dialler);
    expect_refused(write_.message({type}, bytes(20)), "Truckee does not send");
  }
}

TEST_P(basp_filter_rules, messages_of_no_type_or_several) {
  expect_refused(write_.message({}), "0 types");
  begin(peer_side::dialler);
  expect_refused(write_.message({hello, caf_types::message}), "2 types");
  begin(peer_side::dialler);
  expect_refused(write_.message(std::vector<message_type>(3000, hello)),
                 is_0_17() ? "a list of types" : "3000 types");
}

TEST_P(basp_filter_rules, messages_that_ask_to_be_passed_on) {
  if (!is_0_17())
    return; // CAF 1.1 has no such thing
  expect_refused(write_.frame(2, length_bytes(3) + bytes(120), 0, 9, 7), "passed on by 3 actors");
}

TEST_P(basp_filter_rules, lengths_that_do_not_end) {
  bytes endless(600, std::byte{0xff});
  expect_refused(write_.frame(2, endless, 0, 9, 7), "a message");
}

TEST_P(basp_filter_rules, messages_to_names_of_the_registry_but_for_the_question_that_is_taken_out) {
  const std::uint64_t spawn = is_0_17() ? 0x03ddd66f3376adfb : 2;
  const std::uint64_t config = is_0_17() ? 0x0d5ca5a2f3776ad3 : 1;
  expect_refused(write_.frame(2, bytes(45), 0, 9, spawn, named_receiver), "name in the registry");
  begin(peer_side::dialler);
  const auto question = is_0_17() ? from_hex("00000014403c3e2b4061746f6d2b4061746f6d2b40737472"
                                             "00000000003f8fb800000000003ecab904696e666f")
                                        .value()
                                  : from_hex("030067004f"
                                             "000c04696e666f")
                                        .value();
  expect_refused(write_.frame(2, question, 0, 9, config, named_receiver), "name in the registry");
  begin(peer_side::dialler);
  const auto before = out_.size();
  ASSERT_TRUE(filter_->take(write_.frame(2, question, 0, 9, spawn, named_receiver), out_));
  EXPECT_EQ(out_.size(), before) << "nobody behind the door hears the question";
  expect_pass(write_.message({hello}));
}

TEST_P(basp_filter_rules, handles_of_other_nodes) {
  expect_pass(write_.message({subscribe}, write_.handle(8, peer_) + bytes(8)));
  for (const auto& node : {own_, third_}) {
    begin(peer_side::dialler);
    expect_refused(write_.message({subscribe}, write_.handle(8, node) + bytes(8)),
                   "an actor of another node");
  }
  begin(peer_side::dialler);
  expect_refused(write_.message({subscribe}, bytes(8)), "does not name an actor");
}

TEST_P(basp_filter_rules, messages_from_nobody_where_caf_1_1_would_answer_them) {
  const auto whole = write_.message({hello});
  const auto nobody = write_.frame(2, byte_view(whole).subspan(header_size), 0, 0, 7);
  if (is_0_17())
    expect_pass(nobody);
  else
    expect_refused(nobody, "a message from actor 0");
}

TEST_P(basp_filter_rules, errors_from_nobody_pass_as_an_actor_that_is_gone_answers_by_one) {
  expect_pass(write_.answer(write_.error(1), 0));
}

TEST_P(basp_filter_rules, errors_that_answer_nothing) {
  expect_refused(write_.message({caf_types::error}, write_.error()), "an error that answers nothing");
  begin(peer_side::dialler);
  const auto whole = write_.message({caf_types::error}, write_.error());
  const auto nobody = write_.frame(2, byte_view(whole).subspan(header_size), std::uint64_t{1} << 60, 0, 7);
  if (is_0_17())
    return expect_refused(nobody, "an error that answers nothing");
  const auto before = out_.size();
  EXPECT_TRUE(filter_->take(nobody, out_)) << "CAF 1.1 says so of what it cannot read";
  EXPECT_EQ(out_.size(), before) << "and no actor hears it";
  expect_pass(write_.message({hello}));
}

TEST_P(basp_filter_rules, errors_have_words_and_nothing_else) {
  for (int texts = 0; texts < 3; ++texts)
    expect_pass(write_.answer(write_.error(texts)));
  auto nested = write_.error();
  nested.resize(nested.size() - write_.type_list({}).size());
  expect_refused(write_.answer(nested + write_.type_list({caf_types::message}) + bytes(9)),
                 "more than texts");
  begin(peer_side::dialler);
  expect_refused(write_.answer(write_.error() + bytes(1)), "after its last member");
  begin(peer_side::dialler);
  auto cut = write_.error(1);
  cut.pop_back();
  expect_refused(write_.answer(cut), "ends before its last member");
  begin(peer_side::dialler);
  expect_refused(write_.answer(write_.error() + bytes(20'000)), "an error of 20");
}

TEST_P(basp_filter_rules, errors_of_categories_that_are_no_errors) {
  if (is_0_17())
    return; // a word there, looked up in a table
  expect_refused(write_.answer(*from_hex("0101000c00")), "category 12");
}

// -- monitor and down messages, heartbeats -----------------------------------------------------------------

TEST_P(basp_filter_rules, monitor_and_down_messages_between_the_two_nodes_pass) {
  expect_pass(write_.monitor(peer_, own_));
  expect_pass(write_.down(peer_, own_, write_.error(1)));
  expect_pass(write_.frame(6, {}));
}

TEST_P(basp_filter_rules, monitor_and_down_messages_of_or_for_others) {
  for (const auto& [from, about] : {std::pair{third_, own_}, {own_, own_}, {peer_, third_}, {peer_, peer_}}) {
    begin(peer_side::dialler);
    expect_refused(write_.monitor(from, about), "another node");
    begin(peer_side::dialler);
    expect_refused(write_.down(from, about, write_.error()), "another node");
  }
}

TEST_P(basp_filter_rules, monitor_and_down_messages_that_hold_more_or_less) {
  expect_refused(write_.frame(4, write_.node(peer_), 0, 0, 7), "does not name two nodes");
  begin(peer_side::dialler);
  expect_refused(write_.frame(4, write_.node(peer_) + write_.node(own_) + bytes(1), 0, 0, 7),
                 "after its last member");
  begin(peer_side::dialler);
  expect_refused(write_.down(peer_, own_, {}), "ends before its last member");
  begin(peer_side::dialler);
  expect_refused(write_.monitor(peer_, own_, 0), "to actor 0");
  begin(peer_side::dialler);
  expect_refused(write_.header(4, 20'000, 0, 0, 7), "a monitor message of 20000 bytes");
}

TEST_P(basp_filter_rules, headers_with_more_than_they_need) {
  expect_refused(write_.frame(6, {}, 0, 0, 0, 1), "a heartbeat with flags 1");
  begin(peer_side::dialler);
  expect_refused(write_.frame(6, bytes(1)), "a heartbeat with a payload of 1 bytes");
  begin(peer_side::dialler);
  expect_refused(write_.frame(6, {}, 5), "operation data 5");
  begin(peer_side::dialler);
  expect_refused(write_.frame(7, {}), "operation 7 does not exist");
  begin(peer_side::dialler);
  auto padded = write_.frame(6, {});
  padded[1] = std::byte{1};
  expect_refused(padded, "padding 256");
}

INSTANTIATE_TEST_SUITE_P(both, basp_filter_rules, testing::Values(generation::caf_0_17, generation::caf_1_1),
                         [](const auto& each) {
                           return each.param == generation::caf_0_17 ? "caf_0_17" : "caf_1_1";
                         });

TEST(basp_node, is_read_from_cafs_own_text) {
  const auto node = parse_node("0102030405060708090A0b0c0d0e0f1011121314#258");
  ASSERT_TRUE(node);
  EXPECT_EQ(to_hex(*node), "000001020102030405060708090a0b0c0d0e0f1011121314");
  for (const auto* bad :
       {"", "#1", "0102030405060708090A0b0c0d0e0f1011121314", "0102030405060708090A0b0c0d0e0f1011121314#",
        "0102030405060708090A0b0c0d0e0f1011121314#1x", "0102030405060708090A0b0c0d0e0f1011121314#4294967296",
        "x102030405060708090A0b0c0d0e0f1011121314#1", "invalid-node"})
    EXPECT_FALSE(parse_node(bad)) << bad;
}
