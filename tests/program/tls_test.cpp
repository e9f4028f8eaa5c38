#include "program/support/server_farm.hpp"

#include <csignal>

using namespace truckee::test;

namespace {

class mutual_tls : public server_farm {
protected:
  /// A grid of one server is enough to be refused by it.
  std::string grid_of_one(const std::string& address, const std::string& rest) {
    return file("one.toml",
                "[encoding]\nneeded = 1\ntotal = 1\nhappy = 1\n[[server]]\nname = \"alpha\"\ncaf = \"" +
                    address + "\"\n" + rest + "[limits]\nconnect-timeout-seconds = 2\n");
  }
  std::string tls_of(const std::string& folder, const std::string& name) {
    return "[tls]\nca = \"" + folder + "/ca.pem\"\ncertificate = \"" + folder + "/" + name +
           ".pem\"\nkey = \"" + folder + "/" + name + ".key\"\n";
  }
  /// One server with TLS; its address.
  std::string start_server() {
    EXPECT_EQ(truckee({"certs", path("ours"), "alpha", "beta", "client"}).code, 0);
    EXPECT_EQ(truckee({"certs", path("foreign"), "client"}).code, 0);
    auto& one = *(server_ = &start({"storage", "--directory", path("store"), "--listen", "127.0.0.1:0",
                                    "--ca", path("ours/ca.pem"), "--cert", path("ours/alpha.pem"), "--key",
                                    path("ours/alpha.key")}));
    const auto line = one.wait_for("listening on ");
    EXPECT_NE(line.find("mutual TLS"), std::string::npos) << line;
    return line.substr(0, line.find(' '));
  }
  process* server_ = nullptr;
  process_result put_on(const std::string& grid) { return truckee({"--grid", grid, "put", "-"}, "content"); }
};

} // namespace

TEST_F(mutual_tls, certificate_of_the_same_ca_is_let_in) {
  const auto at = start_server();
  const auto done = put_on(grid_of_one(at, tls_of("ours", "client")));
  EXPECT_EQ(done.code, 0) << done.err;
}

TEST_F(mutual_tls, certificate_of_a_foreign_ca_gets_nowhere_and_the_program_says_why) {
  const auto at = start_server();
  const auto done = put_on(grid_of_one(at, tls_of("foreign", "client")));
  EXPECT_EQ(done.code, 4) << done.err;
  EXPECT_NE(done.err.find("TLS failed"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("truckee certs"), std::string::npos) << done.err;
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(put_on(grid_of_one(at, tls_of("ours", "client"))).code, 0) << "the server is still there";
}

TEST_F(mutual_tls, client_certificate_of_a_foreign_ca_is_refused_even_when_it_trusts_the_server) {
  const auto at = start_server();
  const auto mixed =
      "[tls]\nca = \"ours/ca.pem\"\ncertificate = \"foreign/client.pem\"\nkey = \"foreign/client.key\"\n";
  const auto done = put_on(grid_of_one(at, mixed));
  EXPECT_NE(done.code, 0) << done.err;
  EXPECT_NE(done.err.find("certificate"), std::string::npos) << done.err;
  EXPECT_EQ(put_on(grid_of_one(at, tls_of("ours", "client"))).code, 0) << "the server is still there";
}

TEST_F(mutual_tls, a_server_with_another_ones_certificate_is_not_taken_for_it) {
  start_server();
  auto& beta = start({"storage", "--directory", path("beta"), "--listen", "127.0.0.1:0", "--ca",
                      path("ours/ca.pem"), "--cert", path("ours/beta.pem"), "--key", path("ours/beta.key")});
  const auto line = beta.wait_for("listening on ");
  const auto done = put_on(grid_of_one(line.substr(0, line.find(' ')), tls_of("ours", "client")));
  EXPECT_EQ(done.code, 4) << done.err;
  EXPECT_NE(done.err.find("its certificate is beta's, not alpha"), std::string::npos) << done.err;
  EXPECT_FALSE(std::filesystem::exists(path("beta") + "/shares/incoming"));
}

TEST_F(mutual_tls, a_certificate_is_renewed_by_sighup_and_known_by_its_pin) {
  const auto at = start_server();
  auto& server = *server_;
  // The same CA signs another certificate of the same name.
  std::filesystem::create_directory(path("next"));
  std::filesystem::permissions(path("next"), std::filesystem::perms::owner_all);
  for (const auto* name : {"ca.pem", "ca.key"})
    std::filesystem::copy(path("ours") + "/" + name, path("next") + "/" + name);
  const auto made = truckee({"--json", "certs", path("next"), "alpha"});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto pin = nlohmann::json::parse(made.out)["nodes"][0]["pin"].get<std::string>();
  const auto pinned = [&](const std::string& key) {
    return file("pinned.toml",
                "[encoding]\nneeded = 1\ntotal = 1\nhappy = 1\n[[server]]\nname = \"alpha\"\ncaf = \"" + at +
                    "\"\ncertificate-pin = \"" + key + "\"\n" + tls_of("ours", "client") +
                    "[limits]\nconnect-timeout-seconds = 2\n");
  };
  const auto before = put_on(pinned(pin));
  EXPECT_EQ(before.code, 4) << before.err;
  EXPECT_NE(before.err.find("certificate-pin"), std::string::npos) << before.err;
  for (const auto* name : {"alpha.pem", "alpha.key"})
    std::filesystem::copy(path("next") + "/" + name, path("ours") + "/" + name,
                          std::filesystem::copy_options::overwrite_existing);
  server.signal(SIGHUP);
  EXPECT_EQ(server.wait_for("truckee: changed: "), "[tls] the certificate is another one");
  const auto after = put_on(pinned(pin));
  EXPECT_EQ(after.code, 0) << after.err;
  // What cannot be used leaves all as it was.
  file("ours/alpha.pem", "rubbish");
  server.signal(SIGHUP);
  EXPECT_NE(server.wait_for("truckee: nothing is changed: ").find("alpha.pem"), std::string::npos);
  EXPECT_EQ(put_on(pinned(pin)).code, 0);
}

TEST_F(mutual_tls, a_gateway_that_runs_gets_a_server_that_is_known_by_its_key) {
  const auto at = start_server();
  const auto made = truckee({"--json", "certs", path("ours"), "gamma"});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto pin = nlohmann::json::parse(made.out)["nodes"][0]["pin"].get<std::string>();
  auto& gamma =
      start({"storage", "--directory", path("gamma"), "--listen", "127.0.0.1:0", "--ca", path("ours/ca.pem"),
             "--cert", path("ours/gamma.pem"), "--key", path("ours/gamma.key")});
  const auto gamma_line = gamma.wait_for("listening on ");
  const auto gamma_at = gamma_line.substr(0, gamma_line.find(' '));
  auto& gateway =
      start({"--grid", grid_of_one(at, tls_of("ours", "client")), "gateway", "--listen", "127.0.0.1:0"});
  const auto line = gateway.wait_for("listening on ");
  const auto ask = [&](std::vector<std::string> rest) {
    std::vector<std::string> all{
        "--gateway", line.substr(0, line.find(' ')), "--ca",  path("ours/ca.pem"),
        "--cert",    path("ours/client.pem"),        "--key", path("ours/client.key"),
        "--json"};
    all.insert(all.end(), rest.begin(), rest.end());
    return truckee(all);
  };
  /// What the gateway says of its link to `name`, once it has tried.
  const auto link_to = [&](const std::string& name) {
    nlohmann::json found;
    for (int i = 0; i < 100 && (found.is_null() || found["state"] == "connecting"); ++i) {
      const auto status = ask({"status"});
      EXPECT_EQ(status.code, 0) << status.err;
      const auto all = nlohmann::json::parse(status.out);
      for (const auto& each : all["servers"])
        if (each["server"] == name)
          found = each;
    }
    return found;
  };
  // The certificate is gamma's, so under another name the key has to tell.
  const auto unpinned = ask({"gateway", "change", "--add", "other=" + gamma_at});
  ASSERT_EQ(unpinned.code, 0) << unpinned.err;
  EXPECT_EQ(link_to("other")["state"], "refused") << link_to("other");
  const auto pinned = ask({"gateway", "change", "--remove", "other", "--add", "other=" + gamma_at,
                           "--certificate-pin", "other=" + pin});
  ASSERT_EQ(pinned.code, 0) << pinned.err;
  EXPECT_EQ(link_to("other")["state"], "ready") << link_to("other");
}

TEST_F(mutual_tls, what_a_certificate_is_for_is_looked_at_by_both_ends) {
  ASSERT_EQ(truckee({"certs", path("ours"), "alpha", "--role", "server"}).code, 0);
  ASSERT_EQ(truckee({"certs", path("ours"), "laptop", "--role", "client"}).code, 0);
  const auto serve = [&](const std::string& name, const std::string& store) {
    auto& one =
        start({"storage", "--directory", path(store), "--listen", "127.0.0.1:0", "--ca", path("ours/ca.pem"),
               "--cert", path("ours/" + name + ".pem"), "--key", path("ours/" + name + ".key")});
    const auto line = one.wait_for("listening on ");
    return line.substr(0, line.find(' '));
  };
  const auto at = serve("alpha", "store");
  EXPECT_EQ(put_on(grid_of_one(at, tls_of("ours", "laptop"))).code, 0);
  // The one of another server asks for nothing.
  ASSERT_EQ(truckee({"certs", path("ours"), "beta", "--role", "server"}).code, 0);
  const auto as_client = put_on(grid_of_one(at, tls_of("ours", "beta")));
  EXPECT_EQ(as_client.code, 4) << as_client.err;
  EXPECT_NE(as_client.err.find("it is for a server"), std::string::npos) << as_client.err;
  // And the one of a client serves nothing.
  const auto as_server = put_on(grid_of_one(serve("laptop", "other"), tls_of("ours", "laptop")));
  EXPECT_EQ(as_server.code, 4) << as_server.err;
  EXPECT_NE(as_server.err.find("is for a client, and a server is wanted"), std::string::npos)
      << as_server.err;
}

TEST_F(mutual_tls, client_without_tls_gets_nowhere_and_the_program_says_why) {
  const auto at = start_server();
  const auto done = put_on(grid_of_one(at, ""));
  EXPECT_EQ(done.code, 4) << done.err;
  EXPECT_NE(done.err.find("TLS"), std::string::npos) << done.err;
  EXPECT_LT(done.seconds, 8);
  EXPECT_EQ(put_on(grid_of_one(at, tls_of("ours", "client"))).code, 0) << "the server is still there";
}

TEST_F(mutual_tls, client_with_tls_does_not_talk_to_a_plain_server) {
  start_server();
  auto& plain = start({"storage", "--directory", path("plain"), "--listen", "127.0.0.1:0"});
  const auto line = plain.wait_for("listening on ");
  const auto done = put_on(grid_of_one(line.substr(0, line.find(' ')), tls_of("ours", "client")));
  EXPECT_EQ(done.code, 4) << done.err;
  EXPECT_NE(done.err.find("TLS"), std::string::npos) << done.err;
  EXPECT_TRUE(plain.running());
}

TEST_F(mutual_tls, storage_refuses_to_listen_beyond_loopback_without_it) {
  for (const auto* address : {"0.0.0.0:0", "[::]:0", "192.0.2.7:4401"}) {
    const auto done = truckee({"storage", "--directory", path("store"), "--listen", address});
    EXPECT_TRUE(done.code == 1 || done.code == 2) << address << ": " << done.code;
    EXPECT_NE(done.err.find("truckee certs"), std::string::npos) << done.err;
    EXPECT_EQ(done.out, "") << "it listens: " << address;
    EXPECT_FALSE(std::filesystem::exists(path("store"))) << "refused before anything is made";
  }
}

TEST_F(mutual_tls, client_refuses_to_connect_beyond_loopback_without_it) {
  const auto done = put_on(grid_of_one("192.0.2.7:4401", ""));
  EXPECT_TRUE(done.code == 1 || done.code == 2) << done.code << done.err;
  EXPECT_NE(done.err.find("truckee certs"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("alpha"), std::string::npos) << done.err;
  EXPECT_LT(done.seconds, 5);
}

TEST_F(mutual_tls, storage_names_the_tls_option_that_is_missing_and_the_file_that_is_bad) {
  start_server();
  const auto partial =
      truckee({"storage", "--directory", path("x"), "--listen", "127.0.0.1:0", "--ca", path("ours/ca.pem")});
  EXPECT_EQ(partial.code, 2);
  EXPECT_NE(partial.err.find("--cert"), std::string::npos) << partial.err;
  const auto swapped =
      truckee({"storage", "--directory", path("x"), "--listen", "127.0.0.1:0", "--ca", path("ours/ca.pem"),
               "--cert", path("ours/alpha.pem"), "--key", path("ours/client.key")});
  EXPECT_EQ(swapped.code, 2) << swapped.err;
  EXPECT_NE(swapped.err.find("client.key"), std::string::npos) << swapped.err;
  EXPECT_EQ(swapped.out, "");
}

TEST_F(mutual_tls, server_with_another_id_than_the_pinned_one_is_refused_and_named) {
  start_farm(false);
  const auto cap = put_new("first", on_grid({}));
  std::string text;
  for (std::size_t i = 0; i < servers; ++i)
    text += grid_entry(i) + "id = \"" + id_of(i) + "\"\n";
  const auto pinned = file("pinned.toml", text + limits_);
  EXPECT_EQ(get(cap, {"--grid", pinned}), "first");
  // Another store takes over the address of s6.
  kill(6);
  std::filesystem::rename(stores() / "s6", stores() / "s6-old");
  restart(6);
  const auto done = truckee({"--grid", pinned, "--json", "put", file("next", "next"), "--cap-file", cap});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(nlohmann::json::parse(done.out)["happiness"], 9) << done.out;
  EXPECT_NE((done.out + done.err).find("s6"), std::string::npos) << done.out << done.err;
  EXPECT_NE((done.out + done.err).find(id_of(6)), std::string::npos)
      << "its new id is told: " << done.out << done.err;
  EXPECT_FALSE(std::filesystem::exists(stores() / "s6" / "shares" / content("cap-1").substr(0, 2)));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(stores() / "s6" / "shares"))
    files += entry.is_regular_file();
  EXPECT_EQ(files, 0U) << "nothing was written to the wrong server";
  const auto checked = truckee({"--grid", pinned, "check", "--cap-file", cap});
  EXPECT_EQ(checked.code, 0) << "all ten shares are there, on nine servers: " << checked.out;
  EXPECT_NE((checked.out + checked.err).find("s6"), std::string::npos) << checked.out << checked.err;
}
