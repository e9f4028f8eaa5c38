#include "actors/server_words.hpp"
#include "actors/stored_shares.hpp"
#include "truckee/codec/mdmf/window_encode.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;

namespace {

/// Who lends content, as a test tells it.
struct lending {
  std::string content;
  std::function<void(std::uint64_t offset)> before = {};                      ///< each part is given
  std::function<messages::content_part(messages::content_part)> instead = {}; ///< of what would be given
  bool silent = false;                                                        ///< gives nothing at all
  std::size_t parts = 0;                                                      ///< that were asked for
  std::uint64_t longest = 0;                                                  ///< of them
};

class lending_state {
public:
  using handle = messages::content_source;
  static constexpr const char* name = "truckee.test.lender";
  lending_state(messages::shell<lending_state>* self, std::shared_ptr<lending> how)
    : self_(self), how_(std::move(how)) {}
  messages::behavior<handle> make_behavior() {
    return {[this](const messages::read_content& x) -> caf::result<messages::content_part> {
      auto promise = self_->template make_response_promise<messages::content_part>();
      ++how_->parts;
      how_->longest = std::max(how_->longest, x.length);
      if (how_->before)
        how_->before(x.offset);
      if (how_->silent)
        return promise;
      messages::content_part out;
      out.ok = true;
      out.data = shared_bytes::copy_of(std::string_view(how_->content).substr(x.offset, x.length));
      promise.deliver(how_->instead ? how_->instead(out) : out);
      return promise;
    }};
  }

private:
  messages::shell<lending_state>* self_;
  std::shared_ptr<lending> how_;
};

constexpr std::size_t window = codec::mdmf::window_bytes;
constexpr std::size_t lent_file_size = 2 * window + 300'000;

/// An MDMF file whose content is never brought as a whole.
class lent_content_write : public ::testing::Test {
protected:
  static std::string drawn(std::size_t size, std::uint64_t seed = 1) {
    bytes out(size);
    seeded_random(seed).fill(out);
    return std::string(as_text(out));
  }
  messages::lent_content lend(std::string content) {
    how = std::make_shared<lending>();
    how->content = std::move(content);
    lender = messages::spawn<lending_state>(grid.run.system(), how);
    return {lender, how->content.size()};
  }
  void TearDown() override { end_lender(); }
  void end_lender() {
    if (lender)
      grid.run.kill(lender);
    lender = messages::content_source{};
  }
  answer_ptr<messages::publish_reply> start(messages::lent_content lent, std::uint64_t token = 0,
                                            std::uint64_t timeout_ms = 0) {
    messages::publish_request x;
    x.token = {token};
    x.write_cap = test_grid::write_cap(0, crypto::file_format::mdmf);
    x.lent = std::move(lent);
    x.timeout_ms = timeout_ms;
    return grid.run.ask<messages::publish_reply>(grid.gateway(), x);
  }
  messages::publish_reply put(const std::string& content) { return wait_for(start(lend(content))); }
  template <class Reply>
  Reply wait_for(const answer_ptr<Reply>& done) {
    EXPECT_TRUE(grid.wait(done));
    return **done;
  }
  std::string read() {
    const auto got = wait_for(grid.get());
    EXPECT_TRUE(got.ok) << to_string(got.failure);
    return text(got.content);
  }
  void expect_file(const std::string& content) {
    EXPECT_TRUE(read() == content);
    const auto checked = wait_for(grid.verify());
    EXPECT_TRUE(checked.healthy) << checked.summary;
  }
  std::uint64_t bytes_in_messages() const {
    std::uint64_t out = 0;
    for (const auto& script : grid.scripts)
      for (const auto& message : script->writes)
        for (const auto& change : message.changes)
          for (const auto& write : change.writes)
            out += write.data.size();
    return out;
  }
  void forget_traffic() {
    for (const auto& script : grid.scripts) {
      script->writes.clear();
      script->pieces.clear();
    }
  }

  test_grid grid{{.format = crypto::file_format::mdmf}};
  std::shared_ptr<lending> how;
  messages::content_source lender;
};

} // namespace

TEST_F(lent_content_write, a_file_is_published_in_pieces_and_read_back) {
  grid.create("what was there");
  for (const std::size_t size : {lent_file_size, window, std::size_t{1}, std::size_t{0}}) {
    forget_traffic();
    const auto content = drawn(size, size + 1);
    const auto reply = put(content);
    ASSERT_TRUE(reply.ok) << to_string(reply.failure);
    EXPECT_EQ(reply.content_bytes, size);
    EXPECT_EQ(reply.placed.size(), 10U);
    EXPECT_LE(how->longest, window);
    EXPECT_LT(bytes_in_messages(), 10U * 16'384U) << "what makes shares of the pieces has no content";
    expect_file(content);
  }
}

TEST_F(lent_content_write, a_new_file_is_made_of_it) {
  messages::publish_request x;
  x.format = crypto::file_format::mdmf;
  const auto content = drawn(window + 5);
  x.lent = lend(content);
  const auto made = wait_for(grid.run.ask<messages::publish_reply>(grid.gateway(), x));
  ASSERT_TRUE(made.ok) << to_string(made.failure);
  messages::retrieve_request get;
  get.cap = made.write_cap;
  const auto got = wait_for(grid.run.ask<messages::retrieve_reply>(grid.gateway(), get));
  EXPECT_TRUE(got.ok && text(got.content) == content);
}

TEST_F(lent_content_write, what_cannot_be_lent_is_refused_before_anything_is_asked_for) {
  const auto refused = [&](const std::function<void(messages::publish_request&)>& change) {
    messages::publish_request x;
    x.write_cap = test_grid::write_cap(0, crypto::file_format::mdmf);
    x.lent = lend("content");
    change(x);
    const auto reply = wait_for(grid.run.ask<messages::publish_reply>(grid.gateway(), x));
    EXPECT_FALSE(reply.ok);
    EXPECT_EQ(reply.failure.code, errc::usage) << to_string(reply.failure);
    EXPECT_EQ(reply.became, effect::not_applied);
    EXPECT_EQ(how->parts, 0U);
    end_lender();
    return reply.failure.detail;
  };
  EXPECT_NE(refused([](auto& x) { x.content = shared_bytes::copy_of("and this"); }).find("not both"),
            std::string::npos);
  EXPECT_NE(refused([](auto& x) { x.offset = 5; }).find("no place in it"), std::string::npos);
  EXPECT_NE(refused([](auto& x) { x.write_cap = test_grid::write_cap(0); }).find("an SDMF file"),
            std::string::npos);
  EXPECT_NE(refused([](auto& x) { x.write_cap = {}; }).find("an SDMF file"), std::string::npos);
}

TEST_F(lent_content_write, a_server_that_takes_no_pieces_loses_its_share_to_another) {
  grid.create("what was there");
  grid.scripts[3]->stage = [](const auto&) {
    return grid::stage_answer{grid::storage_status::no_space, 10, "full"};
  };
  const auto content = drawn(lent_file_size);
  const auto reply = put(content);
  ASSERT_TRUE(reply.ok) << to_string(reply.failure);
  EXPECT_EQ(reply.placed.size(), 10U) << "its share has another home";
  EXPECT_TRUE(read() == content);
}

TEST_F(lent_content_write, a_server_that_falls_silent_in_the_middle_is_left_and_its_share_goes_elsewhere) {
  grid.create("what was there");
  std::size_t pieces = 0;
  grid.scripts[3]->stage = [&](const grid::stage_piece& x) -> std::optional<grid::stage_answer> {
    return ++pieces == 1 ? std::optional(grid.scripts[3]->store->stage(x)) : std::nullopt;
  };
  const auto content = drawn(lent_file_size);
  const auto reply = put(content);
  ASSERT_TRUE(reply.ok) << to_string(reply.failure);
  EXPECT_TRUE(read() == content);
}

TEST_F(lent_content_write, content_that_changes_meanwhile_is_told_and_the_old_version_stays) {
  grid.create("what was there");
  auto lent = lend(drawn(lent_file_size));
  std::size_t first = 0;
  how->before = [&](std::uint64_t offset) {
    if (offset == 0 && ++first == 2)
      how->content[window + 17] ^= 1;
  };
  const auto reply = wait_for(start(std::move(lent)));
  ASSERT_FALSE(reply.ok);
  EXPECT_NE(reply.failure.detail.find("changed while it was read"), std::string::npos)
      << reply.failure.detail;
  EXPECT_EQ(reply.became, effect::not_applied);
  expect_file("what was there");
}

TEST_F(lent_content_write, a_lender_that_goes_fails_or_gives_too_little_ends_the_publish_with_a_reason) {
  grid.create("what was there");
  const auto failing = [&](const std::function<void()>& prepare, const char* words) {
    auto lent = lend(drawn(lent_file_size));
    prepare();
    const auto reply = wait_for(start(std::move(lent)));
    EXPECT_FALSE(reply.ok);
    EXPECT_NE(reply.failure.detail.find(words), std::string::npos) << reply.failure.detail;
    EXPECT_EQ(reply.became, effect::not_applied);
    end_lender();
    expect_file("what was there");
  };
  failing(
      [&] {
        how->instead = [](auto) { return messages::content_part{{errc::io, "the disk is gone"}, false, {}}; };
      },
      "the disk is gone");
  failing(
      [&] {
        how->instead = [](auto part) {
          part.data = part.data.slice(1, SIZE_MAX);
          return part;
        };
      },
      "and was asked for");
  failing([&] { how->silent = true; }, "gives no more of it");
  failing(
      [&] {
        how->before = [this](std::uint64_t offset) {
          if (offset > 0)
            grid.run.kill(lender);
        };
      },
      "gives no more of it");
}

TEST_F(lent_content_write, a_stop_leaves_the_old_version_and_nothing_of_the_new_one) {
  grid.create("what was there");
  for (const std::size_t held_at : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
    auto lent = lend(drawn(lent_file_size));
    how->before = [this, held_at](std::uint64_t) { how->silent = how->parts >= held_at; };
    const auto done = start(std::move(lent), 77);
    grid.run.settle();
    ASSERT_FALSE(done->done()) << held_at;
    EXPECT_TRUE(grid.cancel(77));
    const auto reply = wait_for(done);
    EXPECT_EQ(reply.failure.code, errc::cancelled) << to_string(reply.failure);
    EXPECT_EQ(reply.became, effect::not_applied);
    end_lender();
    expect_file("what was there");
  }
}

TEST_F(lent_content_write, whoever_loses_to_another_writer_reads_the_content_again_and_wins_later) {
  grid.create("what was there");
  bool collided = false;
  auto lent = lend(drawn(lent_file_size));
  how->before = [&](std::uint64_t offset) {
    // While pieces are brought, another writer publishes.
    if (offset > 0 && how->parts > 4 && !std::exchange(collided, true))
      grid.put_of_another("another's");
  };
  const auto reply = wait_for(start(std::move(lent)));
  ASSERT_TRUE(collided);
  ASSERT_TRUE(reply.ok || reply.failure.code == errc::uncoordinated_write) << to_string(reply.failure);
  const auto now = read();
  EXPECT_TRUE(reply.ok ? now == how->content : now == "another's");
}

TEST_F(lent_content_write, a_commit_whose_answer_is_lost_is_looked_at_as_ever) {
  grid.create("what was there");
  bool lost = false;
  grid.scripts[4]->write =
      [&](const grid::read_test_write& x) -> std::optional<grid::read_test_write_answer> {
    auto done = grid.scripts[4]->store->read_test_write(x);
    if (!std::exchange(lost, true))
      return std::nullopt;
    return done;
  };
  const auto content = drawn(lent_file_size);
  const auto reply = put(content);
  ASSERT_TRUE(lost);
  ASSERT_TRUE(reply.ok) << to_string(reply.failure);
  grid.scripts[4]->write = nullptr;
  expect_file(content);
}
