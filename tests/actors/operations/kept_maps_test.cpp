#include "truckee/actors/operations/kept_maps.hpp"

#include "actors/server_words.hpp"
#include "truckee/shares/file_memory.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;
using namespace std::chrono_literals;

namespace {

/// One gateway and its file, of which the first put has made a map.
class KeptMaps : public testing::Test {
protected:
  KeptMaps() {
    grid.create("one");
    put("two");
  }

  std::size_t reads() const {
    std::size_t out = 0;
    for (const auto& script : grid.scripts)
      out += script->reads;
    return out;
  }
  std::size_t writes() const {
    std::size_t out = 0;
    for (const auto& script : grid.scripts)
      out += script->writes.size();
    return out;
  }
  bool counted(const std::string& line) const {
    return grid.services->metrics->text().find("\n" + line + "\n") != std::string::npos;
  }
  bool counted(const char* result, int times) const {
    return counted(std::string("truckee_kept_maps_total{result=\"") + result + "\"} " +
                   std::to_string(times));
  }

  messages::publish_reply put(const std::string& content) {
    const auto done = grid.put(content);
    EXPECT_TRUE(grid.wait(done));
    EXPECT_TRUE((*done)->ok) << to_string((*done)->failure);
    EXPECT_EQ(now(), content);
    return **done;
  }

  std::string now() {
    const auto got = grid.get();
    EXPECT_TRUE(grid.wait(got));
    return text((*got)->content);
  }

  /// Whether a put asks servers for a map.
  bool maps(const std::string& content) {
    const auto before = reads();
    const auto done = grid.put(content);
    EXPECT_TRUE(grid.wait(done));
    EXPECT_TRUE((*done)->ok) << to_string((*done)->failure);
    return reads() > before;
  }

  test_grid grid;
};

} // namespace

TEST_F(KeptMaps, ASecondPutAsksNobodyForAMap) {
  EXPECT_TRUE(counted("none", 1));
  const auto before = writes();
  EXPECT_FALSE(maps("three"));
  EXPECT_EQ(writes(), before + 10);
  EXPECT_FALSE(maps("four"));
  EXPECT_EQ(now(), "four");
  EXPECT_TRUE(counted("used", 2)) << grid.services->metrics->text();
  const auto health = grid.check();
  ASSERT_TRUE(grid.wait(health));
  EXPECT_TRUE((*health)->healthy) << (*health)->summary;
}

TEST_F(KeptMaps, AnotherClientsPutInBetweenIsReplacedAsAnyOtherAndNobodyIsTold) {
  const auto others = grid.put_of_another("another's");
  ASSERT_TRUE(grid.wait(others));
  ASSERT_TRUE((*others)->ok);
  const auto reply = put("three");
  EXPECT_EQ(reply.version.value, 4U);
  EXPECT_EQ(reply.placed.size(), 10U);
  EXPECT_TRUE(counted("stale", 1));
  EXPECT_TRUE(counted("truckee_surprises_total{kind=\"hidden\"} 0"));
  EXPECT_TRUE(counted("truckee_surprises_total{kind=\"uncoordinated_write\"} 0"));
  EXPECT_TRUE(counted("truckee_publishes_total{outcome=\"uncoordinated_write\"} 0"));
  EXPECT_FALSE(maps("four")) << "and what it left is kept again";
}

TEST_F(KeptMaps, AServerThatHangsOrFailsIsMappedAround) {
  hang_writes(grid, 3);
  EXPECT_EQ(put("three").placed.size(), 9U) << "as with a map: who is slower than the others is left";
  EXPECT_TRUE(maps("four")) << "nothing is kept of a write that had trouble";
  grid.scripts[3]->write = nullptr;
  grid.scripts[3]->release(grid.run);
  put("five");

  grid.scripts[4]->write = [](const auto&) {
    grid::read_test_write_answer no;
    no.status = grid::storage_status::no_space;
    return std::optional(no);
  };
  const auto reply = put("six");
  EXPECT_EQ(reply.placed.size(), 10U);
  EXPECT_FALSE(placed_at(reply, "s4"));
}

TEST_F(KeptMaps, AMapIsAMinuteOldAtMost) {
  grid.run.advance(50s, 1s);
  EXPECT_FALSE(maps("three"));
  grid.run.advance(11s, 1s);
  EXPECT_TRUE(maps("four")) << "since servers were asked for a map, not since it was used";
  EXPECT_FALSE(maps("five"));
}

TEST_F(KeptMaps, OtherWritesMakeAMapAndMayLeaveOne) {
  messages::append_request more;
  more.write_cap = test_grid::write_cap();
  more.data = shared_bytes::copy_of("!");
  const auto before = reads();
  const auto appended = grid.run.ask<messages::publish_reply>(grid.gateway(), more);
  ASSERT_TRUE(grid.wait(appended));
  ASSERT_TRUE((*appended)->ok);
  EXPECT_GT(reads(), before);
  EXPECT_EQ(now(), "two!");
  EXPECT_FALSE(maps("three"));

  messages::publish_request only_if;
  only_if.write_cap = test_grid::write_cap();
  only_if.content = shared_bytes::copy_of("four");
  only_if.only_if = messages::version_name{{4}, ""};
  const auto between = reads();
  const auto put_if = grid.run.ask<messages::publish_reply>(grid.gateway(), only_if);
  ASSERT_TRUE(grid.wait(put_if));
  ASSERT_TRUE((*put_if)->ok) << to_string((*put_if)->failure);
  EXPECT_GT(reads(), between);
  EXPECT_TRUE(counted("none", 1)) << "only plain puts are counted";
}

TEST_F(KeptMaps, TheFirstPutAfterACreateAsksNobodyForAMap) {
  const auto place = std::make_shared<actors::kept_place>();
  const auto memory = std::make_shared<shares::file_memory>();
  const crypto::file_keys keys(vector_key(1));
  const auto written = [&](const std::string& content, std::optional<crypto::private_key> key) {
    actors::write_task task;
    task.context.services = grid.services;
    task.context.servers = grid.server_list();
    task.context.access = shares::access_to({crypto::file_format::sdmf, keys.write, keys.fingerprint});
    task.context.access.memory = memory;
    task.key = std::move(key);
    task.content = shared_bytes::copy_of(content);
    task.defaults = {3, 10, 7};
    task.kept = place;
    const auto done = grid.run.ask<messages::publish_reply>(
        actors::spawn_file_writer(grid.run.system(), std::move(task)), messages::run{});
    EXPECT_TRUE(grid.wait(done));
    EXPECT_TRUE((*done)->ok) << to_string((*done)->failure);
    return (*done)->version.value;
  };
  EXPECT_EQ(written("new", vector_key(1)), 1U);
  EXPECT_TRUE(*place);
  EXPECT_TRUE(memory->signing_key(keys.fingerprint, keys.write));
  const auto before = reads();
  EXPECT_EQ(written("newer", std::nullopt), 2U);
  EXPECT_EQ(reads(), before);
  EXPECT_TRUE(*place) << "and it leaves one as well";
}

TEST_F(KeptMaps, ARepairDropsWhatIsKept) {
  messages::repair_request mend;
  mend.write_cap = test_grid::write_cap();
  const auto done = grid.run.ask<messages::repair_reply>(grid.gateway(), mend);
  ASSERT_TRUE(grid.wait(done));
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_TRUE(maps("three"));
}

TEST_F(KeptMaps, AnotherGatewayKnowsNothing) {
  grid.end_gateway();
  EXPECT_TRUE(maps("three"));
}

TEST(kept_maps, those_of_the_files_written_last_are_there) {
  const auto slot = [](std::uint8_t number) {
    storage_index out;
    out.data[0] = std::byte{number};
    return out;
  };
  actors::kept_maps kept(2);
  const auto first = kept.of(slot(1));
  EXPECT_EQ(kept.of(slot(1)), first);
  kept.of(slot(2));
  kept.of(slot(1));
  kept.of(slot(3));
  EXPECT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept.of(slot(1)), first);
  kept.drop(slot(1));
  EXPECT_NE(kept.of(slot(1)), first);
}
